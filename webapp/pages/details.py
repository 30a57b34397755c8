"""What is known of a video's file and of its indexing, in words."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from indexer.models import IndexMode, Video
from webapp.languages.stored import in_language
from webapp.pages.words import STAGES, timecode


@dataclass(frozen=True)
class Stage:
    """A stage of indexing and its share of the whole."""

    name: str
    seconds: float
    percent: int


def timings_of(video: Video) -> list[Stage]:
    """The stages in the order they happen; nothing before there are timings."""
    seconds = {name: float(video.stage_timings.get(name, 0.0)) for name in STAGES}
    total = sum(seconds.values())
    if not total:
        return []
    return [Stage(in_language(name).capitalize(), s, round(100 * s / total)) for name, s in seconds.items() if s]


def facts_of(video: Video) -> list[tuple[str, str]]:
    """Label and value, those that are known."""
    known = [
        (_("Length"), timecode(video.duration_s) if video.duration_s else ""),
        (_("Picture"), f"{video.width_px} x {video.height_px}" if video.width_px else ""),
        (_("Frames"), _fps(video.probe["fps"]) if video.probe.get("fps") else ""),
        (_("Container"), str(video.probe.get("container") or "")),
        (_("Video codec"), str(video.probe.get("video_codec") or "")),
        (_("Sound"), str(video.probe.get("audio_codec") or _("none")) if video.probe else ""),
        (_("Size"), filesizeformat(video.size_bytes)),
        (_("Recorded"), _day(video.recorded_at)),
        (_("Added"), _day(video.created_at)),
        (_("Indexed"), _day(video.indexed_at)),
        (_("How it was read"), _mode(video) if video.indexed_at else ""),
    ]
    return [(label, value) for label, value in known if value]


def _mode(video: Video) -> str:
    return _("fast: keyframes only") if video.index_mode == IndexMode.FAST else _("in full")


def _fps(fps: float) -> str:
    return _("%(n)s a second") % {"n": formats.localize(float(f"{fps:.4g}"))}


def _day(moment: object) -> str:
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else ""  # type: ignore[arg-type]
