"""A video's captions: asked for, how far they are, stopped. Their words are in its segments."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError

from indexer import services
from indexer.models import Video
from indexer.selectors import videos_visible_to
from webapp.api.auth import READ, WRITE
from webapp.api.schemas import CaptionsOut
from webapp.pages.actions import editable
from webapp.pages.captions import captions_of

router = Router()
NOTHING_TO_WRITE = "Every segment has its caption."
NOT_READY = "This video is not indexed yet: ask again when it is."
NOTHING_TO_STOP = "There is nothing to stop: no captions are being written."


@router.get("/videos/{uuid:video_id}/captions", response=CaptionsOut, auth=READ)
def captions(request: HttpRequest, video_id: UUID) -> dict[str, Any]:
    """How far they are."""
    return _captions(get_object_or_404(videos_visible_to(request.user), pk=video_id))


@router.post("/videos/{uuid:video_id}/captions", response={202: CaptionsOut}, auth=WRITE)
def captions_start(request: HttpRequest, video_id: UUID) -> Status[dict[str, Any]]:
    """Write those that are missing, in the background."""
    video = editable(request, video_id)
    state = captions_of(video)
    if not state.may_start or not services.captions_start(video=video):
        unready = state.sentence if state.n_segments else NOT_READY
        raise HttpError(409, unready or NOTHING_TO_WRITE)
    video.refresh_from_db()
    return Status(202, _captions(video))


@router.post("/videos/{uuid:video_id}/captions/cancel", response={202: CaptionsOut}, auth=WRITE)
def captions_cancel(request: HttpRequest, video_id: UUID) -> Status[dict[str, Any]]:
    """What is written stays."""
    video = editable(request, video_id)
    if not services.captions_cancel(video=video):
        raise HttpError(409, NOTHING_TO_STOP)
    video.refresh_from_db()
    return Status(202, _captions(video))


def _captions(video: Video) -> dict[str, Any]:
    state = captions_of(video)
    return {
        "state": state.sentence,
        "under_way": state.live,
        "share": state.share,
        "may_start": state.may_start,
        "n_segments": state.n_segments,
        "n_captions": state.n_segments - state.n_missing,
    }
