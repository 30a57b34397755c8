"""Searches that work on what this person has: each was tried before it is offered."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.core.cache import cache
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from indexer.models import Video
from indexer.selectors import libraries_visible_to, videos_visible_to
from model_server.engine import EngineError
from search.engine import search
from search.examples import candidates, titles
from search.query import as_typed
from search.results import SearchRequest, VideoHits
from webapp.model import engine
from webapp.sharing.guests import guests_may_look

MOST = 5
PLACES = {"home": (3, _("Try")), "nothing": (MOST, "")}  # how many a page shows, and the word before them
SURE = 0.9  # the best of many phrases is often luck, so it must do better than the cut-off
LOOKED_AT = 10  # videos, for the best hit of a phrase
APART_S = 5.0  # hits nearer than this are one moment
KEEP_S, KEEP_FEW_S = 3600, 60  # few may mean that the model was away for a moment
KEEP_OLD_S = 24 * 3600
MAKING_S = 60  # then the one who makes them has come to nothing, and another may

Tried = tuple[str, VideoHits]


@guests_may_look
@require_GET
def examples(request: HttpRequest) -> HttpResponse:
    """`place` is the page that asks; `library` narrows it to one."""
    n, label = PLACES.get(request.GET.get("place", ""), PLACES["home"])
    visible = [str(pk) for pk in libraries_visible_to(request.user).values_list("pk", flat=True)]
    chosen = [pk for pk in visible if pk == request.GET.get("library")] or visible
    libraries = tuple(UUID(pk) for pk in sorted(chosen))
    newest = (
        videos_visible_to(request.user).exclude(indexed_at=None).order_by("-indexed_at").values_list("pk", flat=True)
    )
    trashed_at = Video.objects.filter(library__in=libraries).aggregate(last=Max("trashed_at"))["last"]
    facts = repr((libraries, newest.first(), newest.count(), trashed_at))  # a title in the trash is no suggestion
    key = "examples:" + hashlib.sha256(facts.encode()).hexdigest()
    found = kept_or_made(key, libraries)
    context = {"examples": (found or [])[:n], "label": label, "being_made": found is None}
    return render(request, "fragments/examples.html", context)


def kept_or_made(key: str, libraries: tuple[UUID, ...]) -> list[str] | None:
    """Made by one request at a time, for each takes dozens of searches: meanwhile the others get what there was before,
    and None where that is nothing."""
    if cache.add(f"{key}:made", True, MAKING_S):
        found = that_work(libraries)
        cache.set(key, found, KEEP_OLD_S)
        cache.set(f"{key}:made", True, KEEP_S if len(found) == MOST else KEEP_FEW_S)
        return found
    kept: list[str] | None = cache.get(key)
    return kept


def that_work(libraries: tuple[UUID, ...]) -> list[str]:
    """What captions name and a moment shows for sure, then titles, then what is less sure."""
    try:
        things = tried(candidates(libraries, engine()), libraries)
    except EngineError:
        things = []  # titles can still be searched
    things.sort(key=lambda pair: -pair[1].score)
    sure = [pair for pair in things if pair[1].score >= SURE]
    named = tried(titles(libraries), libraries)
    in_order = [as_typed(text) for text, _ in [*spread(sure), *named, *things]]
    return list(dict.fromkeys(in_order))[:MOST]


def tried(texts: Iterable[str], libraries: tuple[UUID, ...]) -> list[Tried]:
    """The texts that find something, each with the best video it finds."""
    requests = (SearchRequest(text=text, library_ids=libraries, limit=LOOKED_AT, plain=True) for text in texts)
    asked = ((request.text, search(request, engine())) for request in requests)
    return [(text, results.videos[0]) for text, results in asked if not results.nothing_matches]


def spread(found: list[Tried]) -> list[Tried]:
    """The first that leads to each video, then the first that leads to each other moment; the rest is left out."""
    moments: list[tuple[UUID, float]] = []
    first: list[Tried] = []
    later: list[Tried] = []
    for text, video in found:
        at_s = video.hits[0].best_s
        if any(video.video_id == other and abs(at_s - other_s) < APART_S for other, other_s in moments):
            continue
        known = any(video.video_id == other for other, _ in moments)
        (later if known else first).append((text, video))
        moments.append((video.video_id, at_s))
    return first + later
