"""What is known of a video before it is decoded."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

MAX_DURATION_S = 24 * 3600.0
MAX_SIDE_PX = 8192
MAX_PIXELS = 8192 * 4608  # 8K; more would not fit the child's memory

RECORDED_KEYS = ("com.apple.quicktime.creationdate", "creation_time", "date_recorded", "DATE_RECORDED")
A_DAY_S = 24 * 3600.0
FIRST_S, LAST_S = 788_918_400.0, 32_472_144_000.0  # 1995 and 2999

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
    recorded_s: float | None = None  # when it was shot, in seconds since 1970, where the file says so believably

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
        if not (facts["recorded_s"] is None or believable(facts["recorded_s"])):
            raise ValueError(f"recorded_s is {facts['recorded_s']!r}")
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


def recorded_s(metadata: Mapping[str, str], now_s: float) -> float | None:
    """When the container says that it was shot, in seconds since 1970; None where nothing in it can be believed.

    Cameras without a clock write their epoch, and converters midnight of some year's first day.

    >>> recorded_s({"creation_time": "2019-07-20T14:03:11.000000Z"}, now_s=2e9)
    1563631391.0
    >>> recorded_s({"creation_time": "1904-01-01T00:00:00Z"}, 2e9), recorded_s({"creation_time": "soon"}, 2e9)
    (None, None)
    """
    for name in RECORDED_KEYS:
        try:
            moment = datetime.fromisoformat(metadata.get(name, ""))
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        no_clock = (moment.month, moment.day, moment.hour, moment.minute, moment.second) == (1, 1, 0, 0, 0)
        seconds = float(int(moment.timestamp()))
        if believable(seconds) and seconds <= now_s + A_DAY_S and not no_clock:
            return seconds
    return None


def believable(seconds: object) -> bool:
    """After the first digital video cameras, and within what a calendar holds."""
    return type(seconds) is float and FIRST_S <= seconds <= LAST_S


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
