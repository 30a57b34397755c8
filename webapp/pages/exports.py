"""A video's segments as files: WebVTT for players and editors, JSON for programs."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from indexer.models import Caption, Segment, Space, Video
from indexer.selectors import videos_visible_to
from indexer.words import UNSURE_BELOW
from webapp.audit.services import Kind, record
from webapp.sharing.guests import guests_may_look

Row = tuple[Segment, Caption | None]


@guests_may_look
@never_cache
@require_GET
def segments_vtt(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    answer = HttpResponse(vtt(rows_of(video)), content_type="text/vtt; charset=utf-8")
    return _named(answer, video, "vtt")


@guests_may_look
@never_cache
@require_GET
def segments_json(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    return _named(
        JsonResponse(as_json(video, rows_of(video)), json_dumps_params={"ensure_ascii": False}), video, "json"
    )


def rows_of(video: Video) -> list[Row]:
    """The segments of the space that search uses, in time order, each with its caption."""
    active = {"space__status": Space.Status.ACTIVE}
    captions = {(c.start_s, c.end_s): c for c in video.captions.filter(**active)}
    segments = video.segments.filter(**active).select_related("space").order_by("start_s")
    return [(segment, captions.get((segment.start_s, segment.end_s))) for segment in segments]


def vtt(rows: Iterable[Row]) -> str:
    """A cue a caption; one the model is unsure of has the class `unsure`."""
    cues = [_cue(caption) for _, caption in rows if caption is not None and caption.text]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def as_json(video: Video, rows: list[Row]) -> dict[str, object]:
    space = rows[0][0].space if rows else None
    return {
        "video": {"id": str(video.pk), "title": video.title, "duration_s": video.duration_s},
        "space": None if space is None else {"model": space.model, "version": space.version},
        "segments": [_entry(segment, caption) for segment, caption in rows],
    }


def vtt_time(seconds: float) -> str:
    """Hours, minutes, seconds and thousandths.

    >>> vtt_time(3671.5)
    '01:01:11.500'
    """
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"


def _cue(caption: Caption) -> str:
    text = caption.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = f"<c.unsure>{text}</c>" if caption.agreement < UNSURE_BELOW else text
    return f"{vtt_time(caption.start_s)} --> {vtt_time(caption.end_s)}\n{text}"


def _entry(segment: Segment, caption: Caption | None) -> dict[str, object]:
    said = None if caption is None or not caption.text else caption
    return {
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "caption": None if said is None else said.text,
        "agreement": None if said is None else round(said.agreement, 4),
        "unsure": None if said is None else said.agreement < UNSURE_BELOW,
    }


def _named(answer: HttpResponse, video: Video, ending: str) -> HttpResponse:
    record(Kind.EXPORTED, f"segments.{ending} of {video}")
    answer["Content-Disposition"] = f'attachment; filename="{slugify(video.title)[:80] or "video"}.{ending}"'
    return answer
