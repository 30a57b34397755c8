"""A query along one video: its moments with their count and total time, as files too, and why one of them is a hit."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router
from ninja.errors import HttpError

from indexer.selectors import videos_visible_to
from model_server.frames.errors import MediaError
from search.explain import Explanation, explain
from search.intervals import intervals, total_s
from search.timeline import heat_map
from webapp.api.auth import READ
from webapp.api.schemas import MomentsOut, WhyOut
from webapp.media.clips import NO_FILE, clip_of
from webapp.model import engine
from webapp.pages.moments import FILES, file_of

router = Router()
NOTHING_TO_EXPLAIN = "This video is not indexed yet, or the second lies outside of it."
Asked = Annotated[str, Field(min_length=1, max_length=500)]
Ending = Literal["csv", "vtt", "edl", "fcpxml"]
Second = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


@router.get("/videos/{uuid:video_id}/moments", response=MomentsOut, auth=READ)
def moments(
    request: HttpRequest, video_id: UUID, q: Query[Asked], at_least: Annotated[int, Field(ge=0, le=100)] = 50
) -> dict[str, Any]:
    """When, how often and how long: runs of windows that match at least so well, in percent."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    found = intervals(heat_map(video, q, engine()), at_least / 100)
    return {"moments": found, "n_moments": len(found), "total_s": total_s(found)}


def holds(*kinds: str) -> dict[str, Any]:
    """For the API's description: the answer is a file of one of these kinds."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {"responses": {200: {"description": "The file", "content": content}}}


@router.get(
    "/videos/{uuid:video_id}/moments.{ending}", auth=READ, openapi_extra=holds(*(kind for _, kind in FILES.values()))
)
def moments_file(
    request: HttpRequest,
    video_id: UUID,
    ending: Ending,
    q: Query[Asked],
    at_least: Annotated[int, Field(ge=0, le=100)] = 50,
) -> HttpResponse:
    """The same moments as a table (csv), WebVTT chapters (vtt), or a cut list for editors (edl, fcpxml)."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    return file_of(video, ending, q, intervals(heat_map(video, q, engine()), at_least / 100))


@router.get("/videos/{uuid:video_id}/clip.mp4", auth=READ, openapi_extra=holds("video/mp4"))
def clip(request: HttpRequest, video_id: UUID, start: Second, end: Second) -> HttpResponseBase:
    """From `start` to `end` in seconds, cut while you wait: mostly copied, so it may begin up to two seconds early."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    try:
        return clip_of(video, start, end)
    except FileNotFoundError as error:
        raise HttpError(404, NO_FILE) from error
    except MediaError as problem:
        raise HttpError(422, str(problem)) from problem


@router.get("/videos/{uuid:video_id}/why", response=WhyOut, auth=READ)
def why(request: HttpRequest, video_id: UUID, q: Query[Asked], t: Annotated[float, Field(ge=0)] = 0.0) -> Explanation:
    """Of the segment at `t` seconds: its best second and score, its caption, and the phrases nearest to it."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    found = explain(video, q, t, engine())
    if found is None:
        raise HttpError(409, NOTHING_TO_EXPLAIN)
    return found
