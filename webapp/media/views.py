"""A video's files for the browser. Every one asks whether the person may see the video, and a stranger meets a 404."""

import math
import mimetypes
import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from indexer.models import Video
from indexer.selectors import is_guest, trash_open_to, videos_visible_to
from webapp.errors import Problem
from webapp.media.answers import file_answer, private
from webapp.media.storyboards import frame_at
from webapp.sharing.guests import guests_may_look

KEPT_S, KEPT_BY_GUESTS_S = 3600, 0  # a guest's browser asks anew each time: a link that ended shows nothing more
PICTURES = {"image/jpeg", "image/png", "image/webp"}
# Only what a browser plays or saves: a stored type that is none of these is sent as bytes and never shown.
VIDEOS = {
    *("video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo", "video/mp2t"),
    *("video/mpeg", "video/x-ms-wmv", "video/x-flv", "video/ogg", "image/gif"),
}


@guests_may_look
@require_safe
def play(request: HttpRequest, video_id: uuid.UUID) -> HttpResponseBase:
    """The proxy where there is one, else the file as it was uploaded."""
    video = _video(request, video_id)
    kind = video.content_type if video.content_type in VIDEOS else "application/octet-stream"
    key, kind = (video.proxy, "video/mp4") if video.proxy else (video.original, kind)
    return file_answer(request, key, kind, kept_s=_kept_s(request))


@guests_may_look
@require_safe
def poster(request: HttpRequest, video_id: uuid.UUID) -> HttpResponseBase:
    """Also of a video in the trash, for those who may restore it."""
    trashed = trash_open_to(request.user).filter(pk=video_id).first()
    return _picture(request, (trashed or _video(request, video_id)).poster)


@guests_may_look
@require_safe
def storyboard(request: HttpRequest, video_id: uuid.UUID, sheet: int) -> HttpResponseBase:
    sheets = _video(request, video_id).storyboard.get("sprites", [])
    return _picture(request, str(sheets[sheet]) if sheet < len(sheets) else "")


@guests_may_look
@require_safe
def frame(request: HttpRequest, video_id: uuid.UUID) -> HttpResponseBase:
    """The picture at `t`: from the storyboard; the poster until there is one."""
    video = _video(request, video_id)
    at_s = _time(request)
    if not video.storyboard.get("sprites"):
        return _picture(request, video.poster)
    try:
        return private(HttpResponse(frame_at(video, at_s), content_type="image/jpeg"), _kept_s(request))
    except FileNotFoundError as error:
        raise _not_there() from error


def _video(request: HttpRequest, video_id: uuid.UUID) -> Video:
    video = videos_visible_to(request.user).filter(pk=video_id).first()
    if video is None:
        raise Problem("There is no such video, or it is not shared with you.", status=404)
    return video


def _kept_s(request: HttpRequest) -> int:
    return KEPT_BY_GUESTS_S if is_guest(request.user) else KEPT_S


def _time(request: HttpRequest) -> float:
    try:
        at_s = float(request.GET.get("t", "0"))
    except ValueError:
        at_s = math.nan
    if not math.isfinite(at_s):
        raise Problem("The time t must be a number of seconds.")
    return at_s


def _picture(request: HttpRequest, key: str) -> HttpResponseBase:
    kind = mimetypes.guess_type(key)[0] if key else None
    if kind not in PICTURES:
        raise _not_there()
    return file_answer(request, key, str(kind), kept_s=_kept_s(request))


def _not_there() -> Problem:
    return Problem("This video has no picture yet.", status=404)
