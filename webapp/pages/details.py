"""What is known of a video's file and of its indexing, in words."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils import formats, timezone

from indexer.models import Video
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
    return [Stage(name.capitalize(), s, round(100 * s / total)) for name, s in seconds.items() if s]


def facts_of(video: Video) -> list[tuple[str, str]]:
    """Label and value, those that are known."""
    known = [
        ("Length", timecode(video.duration_s) if video.duration_s else ""),
        ("Picture", f"{video.width_px} x {video.height_px}" if video.width_px else ""),
        ("Frames", f"{video.probe['fps']:.4g} a second" if video.probe.get("fps") else ""),
        ("Container", str(video.probe.get("container") or "")),
        ("Video codec", str(video.probe.get("video_codec") or "")),
        ("Sound", str(video.probe.get("audio_codec") or "none") if video.probe else ""),
        ("Size", filesizeformat(video.size_bytes)),
        ("Recorded", _day(video.recorded_at)),
        ("Added", _day(video.created_at)),
        ("Indexed", _day(video.indexed_at)),
    ]
    return [(label, value) for label, value in known if value]


def _day(moment: object) -> str:
    return formats.date_format(timezone.localtime(moment), "j M Y, H:i") if moment else ""  # type: ignore[arg-type]
