"""Search, as the search page does it: by the same form."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from ninja import File, Query, Router, Schema
from ninja.errors import HttpError
from ninja.files import UploadedFile

from indexer.selectors import videos_visible_to
from model_server.frames.errors import MediaError
from search.engine import search
from search.results import Results, VideoHits
from webapp.api.auth import READ
from webapp.api.once import once
from webapp.api.schemas import PictureOut, ResultsOut
from webapp.metrics.counted import search_seconds
from webapp.model import engine
from webapp.pages.forms import SearchForm
from webapp.shown.models import ShownPicture
from webapp.shown.selectors import NotShown, shown_of
from webapp.shown.services import picture_show

router = Router()


class SearchIn(Schema):
    """The search page's own parameters."""

    q: str = ""
    like: str = ""  # a picture's id, or a moment: VIDEO@12.5
    library: str = ""
    since: str = ""
    until: str = ""
    recorded_since: str = ""
    recorded_until: str = ""
    tag: str = ""
    label: str = ""
    longer: str = ""  # than "90 s", "2 min", "1:30"; a bare number is seconds
    shorter: str = ""
    orientation: str = ""  # landscape, portrait
    uploader: str = ""  # a person's name
    captioned: str = ""  # yes: only moments with a caption
    at_least: str = ""
    sort: str = ""  # best, newest, oldest, place: by how early in its video a hit is
    must: str = ""
    page: str = ""


@router.get("/search", response=ResultsOut, auth=READ)
def search_videos(request: HttpRequest, asked: Query[SearchIn]) -> dict[str, Any]:
    """Moments that answer `q`, or look like `like`, grouped by video. `nothing_matches` is an answer, not an error."""
    form = SearchForm(asked.dict(), request.user)
    if not form.is_valid():
        sentences = (f"{name}: {problem}" for name, found in form.errors.items() for problem in found)
        raise HttpError(422, " ".join(sentences).replace("__all__: ", ""))
    try:
        shown = shown_of(request.user, asked.like) if asked.like else None
    except NotShown as problem:
        raise HttpError(422, f"like: {problem}") from problem
    with search_seconds.labels("total").time():
        results = search(form.request(shown.example if shown else None), engine())
    return said(request, results, in_time=form.cleaned_data["sort"] == "place")


@router.post("/pictures", response={201: PictureOut}, auth=READ)
@once(PictureOut)
def picture_new(request: HttpRequest, picture: File[UploadedFile]) -> ShownPicture:
    """A picture to search with: `/search?like=ID`. It is kept for 90 days and belongs to no library."""
    assert request.user.pk is not None
    try:
        return picture_show(owner_id=request.user.pk, file=picture, engine=engine())
    except MediaError as problem:
        raise HttpError(422, str(problem)) from problem


def said(request: HttpRequest, results: Results, *, in_time: bool = False) -> dict[str, Any]:
    """The results, for the videos this person may see at this moment."""
    found = [*results.videos, *results.nearest]
    visible = set(
        videos_visible_to(request.user).filter(pk__in=[v.video_id for v in found]).values_list("pk", flat=True)
    )
    shown = {
        name: [
            video_hits(request, results, v, in_time=in_time) for v in getattr(results, name) if v.video_id in visible
        ]
        for name in ("videos", "nearest")
    }
    plain = set(ResultsOut.model_fields) - set(shown)
    return {name: getattr(results, name) for name in plain} | shown


def video_hits(request: HttpRequest, results: Results, video: VideoHits, *, in_time: bool) -> dict[str, Any]:
    page = request.build_absolute_uri(reverse("video", args=[video.video_id]))
    hits = [
        {**vars(hit), "line": hit.line, "url": f"{page}?{urlencode({'t': f'{hit.best_s:.1f}', 'q': results.text})}"}
        for hit in (video.in_time if in_time else video.hits)
    ]
    return {**vars(video), "score": video.score, "hits": hits}
