"""Captions on the video page: how far they are, what an editor can do about it, and the strip that shows them."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from indexer import services
from indexer.captions import NO_DECODER, OTHER_MODEL, missing_spans
from indexer.models import Segment, Space, Video
from indexer.selectors import can_edit, videos_visible_to
from webapp.languages.stored import in_language
from webapp.pages.actions import editable
from webapp.pages.words import WAITS, percent
from webapp.sharing.guests import guests_may_look


@dataclass(frozen=True)
class Captions:
    """The captions of the space that search uses."""

    sentence: str
    share: float | None  # while they are written
    live: bool  # will change by itself
    may_start: bool
    n_segments: int
    n_missing: int


def captions_of(video: Video) -> Captions:
    space = Space.objects.filter(status=Space.Status.ACTIVE).first()
    if space is None:
        return Captions("", None, False, False, 0, 0)
    n_segments = Segment.objects.filter(video=video, space=space).count()
    n_missing = len(missing_spans(video, space))
    share = 1 - n_missing / n_segments if n_segments else 0.0
    if video.status == Video.Status.READY and n_segments and video.caption_status in WAITS:
        return Captions(_under_way(video, share), share, True, False, n_segments, n_missing)
    may_start = video.status == Video.Status.READY and n_missing > 0
    may_start = may_start and video.caption_error not in (NO_DECODER, OTHER_MODEL)
    return Captions(_at_rest(video, n_segments, n_missing), None, False, may_start, n_segments, n_missing)


def _under_way(video: Video, share: float) -> str:
    done = _(", %(share)s written") % {"share": percent(share)} if share else ""
    if video.caption_status == Video.Status.INDEXING:
        return _("Writing captions") + done
    if video.caption_error:
        again = _("Captions are tried again in a while")
        return f"{in_language(video.caption_error)} {again}{done}"
    return _("Captions wait for a worker") + done


def _at_rest(video: Video, n_segments: int, n_missing: int) -> str:
    if video.caption_error:
        return in_language(video.caption_error)
    if not n_missing:
        return ""
    if n_missing == n_segments:
        return _("No captions yet")
    return _("%(n)s of %(all)s segments have no caption") % {"n": n_missing, "all": n_segments}


@guests_may_look
@never_cache
@require_GET
def captions_state(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """How far the captions are. When they come to rest the strip is told to show them."""
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    captions = captions_of(video)
    context = {"video": video, "captions": captions, "may_edit": can_edit(request.user, video.library)}
    answer = render(request, "fragments/captions.html", context)
    return answer if captions.live else trigger_client_event(answer, "captions")


@require_POST
def captions_start(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if not services.captions_start(video=video):
        messages.info(request, _("Captions are already being written, or this video is not ready for them."))
    return redirect("video", video.pk)


@require_POST
def captions_stop(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if not services.captions_cancel(video=video):
        messages.info(request, _("There was nothing to stop: all captions are written."))
    return redirect("video", video.pk)
