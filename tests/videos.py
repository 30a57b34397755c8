"""Small videos made with PyAV at test time: every second has its own colour, so that a frame says when it is from."""

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder prints a page a video otherwise

import av
import numpy as np

from model_server.frames.reader import read_clips

# Windows as they are sampled: a second of its own colour is a shot of its own.
read_windows = partial(read_clips, keep_to_shots=False)

SIZE = (64, 48)
FPS = 10
_TICKS = 90_000  # a second

# Far apart for any codec, so that a second is known again after lossy coding and 4:2:0 chroma.
PALETTE = ((200, 40, 40), (40, 170, 40), (50, 50, 200), (200, 190, 40), (180, 50, 180), (40, 180, 180), (220, 220, 220))


def second_of(picture: np.ndarray) -> int:
    """Which second, modulo the palette, a picture (H, W, 3) shows."""
    colour = picture.reshape(-1, 3).mean(axis=0)
    distances = [float(np.abs(colour - np.array(known)).sum()) for known in PALETTE]
    assert min(distances) < 90, f"{colour} is none of the palette"
    return int(np.argmin(distances))


def picture_of(second: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """One colour all over: (H, W, 3)."""
    return np.full((size[1], size[0], 3), PALETTE[second % len(PALETTE)], np.uint8)


def corners(size: tuple[int, int] = SIZE) -> np.ndarray:
    """Red top left, green top right, blue bottom left, white bottom right: tells how a picture is turned."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    h, w = size[1] // 2, size[0] // 2
    picture[:h, :w], picture[:h, w:], picture[h:, :w], picture[h:, w:] = *PALETTE[:3], PALETTE[6]
    return picture


def make_video(  # noqa: PLR0913 - one maker, and every test names only what it is about
    path: Path,
    seconds: float = 3,
    *,
    codec: str = "libx264",
    size: tuple[int, int] = SIZE,
    fps: int = FPS,
    times: Sequence[float] | None = None,
    pictures: Iterable[np.ndarray] | None = None,
    pixel_format: str = "yuv420p",
    audio: str | None = None,
    rotation: int = 0,
    flip: bool = False,
    start_s: float = 0.0,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a video; the container follows the file's ending. `times` are the frames' moments (variable rate)."""
    if times is None:
        times = [k / fps for k in range(round(seconds * fps))]
    shown = list(pictures) if pictures is not None else [picture_of(int(t), size) for t in times]
    with same_scheduling(), av.open(str(path), "w", options=container_options or {}) as container:
        stream: Any = container.add_stream(codec, rate=fps, options=options or _fast(codec))
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        # AVI and the MPEG codecs know no time between two frames.
        base = Fraction(1, fps if path.suffix == ".avi" or codec.startswith("mpeg") else _TICKS)
        stream.codec_context.time_base = base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation or flip:
            stream.set_display_rotation(rotation, hflip=flip)
        sound: Any = container.add_stream(audio, rate=48_000) if audio else None
        for picture, time_s in zip(shown, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round((time_s + start_s) / base), base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound is not None:
            _write_tone(container, sound, times[-1] + 1 / fps, start_s)
    return path


@contextmanager
def same_scheduling() -> Iterator[None]:
    """SVT-AV1 makes root's thread a real-time one, for good: its children (browsers) would then starve each other."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def _fast(codec: str) -> dict[str, str]:
    return {
        "libx264": {"preset": "ultrafast"},
        "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
        "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
        "libsvtav1": {"preset": "12"},
    }.get(codec, {})


def _write_tone(container: Any, stream: Any, seconds: float, start_s: float) -> None:
    rate, step = 48_000, stream.codec_context.frame_size or 1024
    for at in range(0, int(seconds * rate), step):
        wave = np.sin(np.arange(at, at + step) * (2 * np.pi * 440 / rate)).astype(np.float32) / 4
        frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, at + round(start_s * rate), Fraction(1, rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def make_sound(path: Path, codec: str = "aac", seconds: float = 1) -> Path:
    """A file with sound and no picture."""
    with av.open(str(path), "w") as container:
        _write_tone(container, container.add_stream(codec, rate=48_000), seconds, 0)
    return path


def cut(path: Path, share: float) -> Path:
    """The first part of a file, as an upload that broke off leaves it."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def claim_duration(path: Path, seconds: float) -> Path:
    """Make a Matroska file's header say another duration."""
    data = path.read_bytes()
    place = data.index(b"\x44\x89\x88") + 3
    path.write_bytes(data[:place] + struct.pack(">d", seconds * 1000) + data[place + 8 :])
    return path
