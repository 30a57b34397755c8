"""A query along one video: its moments with their count and total time, and why one of them is a hit."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router
from ninja.errors import HttpError

from indexer.selectors import videos_visible_to
from search.explain import Explanation, explain
from search.intervals import intervals, total_s
from search.timeline import heat_map
from webapp.api.auth import READ
from webapp.api.schemas import MomentsOut, WhyOut
from webapp.model import engine

router = Router()
NOTHING_TO_EXPLAIN = "This video is not indexed yet, or the second lies outside of it."
Asked = Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/videos/{uuid:video_id}/moments", response=MomentsOut, auth=READ)
def moments(
    request: HttpRequest, video_id: UUID, q: Query[Asked], at_least: Annotated[int, Field(ge=0, le=100)] = 50
) -> dict[str, Any]:
    """When, how often and how long: runs of windows that match at least so well, in percent."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    found = intervals(heat_map(video, q, engine()), at_least / 100)
    return {"moments": found, "n_moments": len(found), "total_s": total_s(found)}


@router.get("/videos/{uuid:video_id}/why", response=WhyOut, auth=READ)
def why(request: HttpRequest, video_id: UUID, q: Query[Asked], t: Annotated[float, Field(ge=0)] = 0.0) -> Explanation:
    """Of the segment at `t` seconds: its best second and score, its caption, and the phrases nearest to it."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    found = explain(video, q, t, engine())
    if found is None:
        raise HttpError(409, NOTHING_TO_EXPLAIN)
    return found
