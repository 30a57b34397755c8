"""Search, as the search page does it: by the same form."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router, Schema
from ninja.errors import HttpError

from indexer.selectors import libraries_visible_to, videos_visible_to
from search.engine import search
from search.results import Results, VideoHits
from webapp.api.auth import READ
from webapp.api.schemas import ResultsOut
from webapp.model import engine
from webapp.pages.forms import SearchForm

router = Router()


class SearchIn(Schema):
    """The search page's own parameters."""

    q: str
    library: str = ""
    since: str = ""
    until: str = ""
    label: str = ""
    at_least: str = ""
    sort: str = ""
    must: str = ""
    page: str = ""


@router.get("/search", response=ResultsOut, auth=READ)
def search_videos(request: HttpRequest, asked: Query[SearchIn]) -> dict[str, Any]:
    """Moments that answer `q`, grouped by video. `nothing_matches` is an answer, not an error."""
    form = SearchForm(asked.dict(), libraries_visible_to(request.user))
    if not form.is_valid():
        sentences = (f"{name}: {problem}" for name, found in form.errors.items() for problem in found)
        raise HttpError(422, " ".join(sentences).replace("__all__: ", ""))
    results = search(form.request(), engine())
    return said(request, results)


def said(request: HttpRequest, results: Results) -> dict[str, Any]:
    """The results, for the videos this person may see at this moment."""
    found = [*results.videos, *results.nearest]
    visible = set(
        videos_visible_to(request.user).filter(pk__in=[v.video_id for v in found]).values_list("pk", flat=True)
    )
    shown = {
        name: [video_hits(request, results, v) for v in getattr(results, name) if v.video_id in visible]
        for name in ("videos", "nearest")
    }
    plain = (
        "text", "said", "nothing_matches", "criteria", "cutoff", "has_more", "words_only", "notice", "took_ms",
    )  # fmt: skip
    return {name: getattr(results, name) for name in plain} | shown


def video_hits(request: HttpRequest, results: Results, video: VideoHits) -> dict[str, Any]:
    page = request.build_absolute_uri(reverse("video", args=[video.video_id]))
    hits = [
        {**vars(hit), "url": f"{page}?{urlencode({'t': f'{hit.best_s:.1f}', 'q': results.text})}"} for hit in video.hits
    ]
    return {**vars(video), "score": video.score, "hits": hits}
