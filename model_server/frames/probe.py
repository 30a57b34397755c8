"""What is known of a video before it is decoded."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

MAX_DURATION_S = 24 * 3600.0
MAX_SIDE_PX = 8192
MAX_PIXELS = 8192 * 4608  # 8K; more would not fit the child's memory

_TYPES: dict[str, type] = {
    "duration_s": float,
    "width_px": int,
    "height_px": int,
    "rotation": int,
    "fps": float,
    "container": str,
    "video_codec": str,
    "pixel_format": str,
    "plays_in_browser": bool,
    "interlaced": bool,
}


@dataclass(frozen=True)
class Probe:
    duration_s: float  # declared, or measured from the packets where the file does not say
    width_px: int  # as shown: after rotation, with square pixels
    height_px: int
    rotation: int  # degrees clockwise that the stored picture is turned by to be shown: 0, 90, 180, 270
    fps: float  # average
    container: str  # demuxer: mov, matroska, webm, avi ...
    video_codec: str
    audio_codec: str | None
    pixel_format: str
    plays_in_browser: bool  # the file as it is; otherwise a proxy is made
    interlaced: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "Probe":
        """Checked field by field: the facts may come from a child that a hostile file has taken over."""
        if set(facts) != {field.name for field in fields(cls)}:
            raise ValueError(f"unexpected probe fields: {sorted(facts)[:20]}")
        for name, kind in _TYPES.items():
            if type(facts[name]) is not kind:
                raise ValueError(f"probe field {name} is {type(facts[name]).__name__}, not {kind.__name__}")
        if not (facts["audio_codec"] is None or isinstance(facts["audio_codec"], str)):
            raise ValueError("probe field audio_codec is neither text nor absent")
        probe = cls(**facts)
        probe._check_ranges()
        return probe

    def _check_ranges(self) -> None:
        if not (math.isfinite(self.duration_s) and 0 <= self.duration_s <= MAX_DURATION_S):
            raise ValueError(f"duration_s is {self.duration_s}")
        if not (0 < self.width_px <= 65536 and 0 < self.height_px <= 65536 and math.isfinite(self.fps)):
            raise ValueError(f"size is {self.width_px} x {self.height_px} at {self.fps}")
        names = (self.container, self.video_codec, self.audio_codec or "", self.pixel_format)
        if any(len(name) > 64 or not name.isprintable() for name in names):
            raise ValueError("a format's name is too long")


def plays_in_browser(container: str, video_codec: str, audio_codec: str | None, pixel_format: str) -> bool:
    """Whether today's browsers, Safari on older machines among them, play the file as it is.

    >>> plays_in_browser("mov", "h264", "aac", "yuv420p"), plays_in_browser("matroska", "h264", "aac", "yuv420p")
    (True, False)
    """
    if pixel_format not in ("yuv420p", "yuvj420p"):
        return False  # 10 bits and 4:2:2 play in some browsers only
    if container == "mov":
        return video_codec == "h264" and audio_codec in (None, "aac", "mp3")
    if container == "webm":
        return video_codec in ("vp8", "vp9") and audio_codec in (None, "opus", "vorbis")
    return False
