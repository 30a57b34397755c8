"""Three searches that work on what this person has: each was tried before it is offered."""

import hashlib
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from indexer.selectors import libraries_visible_to, videos_visible_to
from search.engine import search
from search.examples import candidates
from search.results import SearchRequest
from webapp.model import engine

SHOWN = 3
KEEP_S = 3600


@require_GET
def examples(request: HttpRequest) -> HttpResponse:
    libraries = tuple(sorted(libraries_visible_to(request.user).values_list("pk", flat=True)))
    newest = (
        videos_visible_to(request.user).exclude(indexed_at=None).order_by("-indexed_at").values_list("pk", flat=True)
    )
    key = "examples:" + hashlib.sha256(repr((libraries, newest.first(), newest.count())).encode()).hexdigest()
    found: list[str] | None = cache.get(key)
    if found is None:
        found = that_work(libraries)
        cache.set(key, found, KEEP_S)
    return render(request, "fragments/examples.html", {"examples": found})


def that_work(libraries: tuple[UUID, ...]) -> list[str]:
    """Candidates that find something, each leading to another best video while there are enough of them."""
    found: dict[UUID, str] = {}
    spare: list[str] = []
    for text in candidates(libraries):
        results = search(SearchRequest(text=text, library_ids=libraries, limit=1), engine())
        if results.nothing_matches:
            continue
        if results.videos[0].video_id in found:
            spare.append(text)
        found.setdefault(results.videos[0].video_id, text)
        if len(found) == SHOWN:
            break
    return [*found.values(), *spare][:SHOWN]
