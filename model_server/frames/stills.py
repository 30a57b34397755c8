"""Single pictures of a video, and strips of them at even steps: for posters, storyboards and evaluation."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from model_server.frames.confine import Limits
from model_server.frames.probe import Probe
from model_server.frames.process import CPU_CEILING_S, Child, Frame, Order
from model_server.frames.reader import Picture

_SEEK_S = 600.0  # a large file without an index is read up to the moment, in silence


def read_stills(path: Path | str, times: Sequence[float], size: tuple[int, int]) -> list[Picture]:
    """The picture on screen at each moment, as (height, width, 3), scaled to `size` = (width, height)."""
    limits = Limits(CPU_CEILING_S, stall_s=_SEEK_S)
    arguments = {"times": list(times), **_size(size)}
    order = Order("stills", Path(path), arguments, frame_bytes=size[0] * size[1] * 3, limits=limits)
    with Child(order) as child:
        return [_picture(message, size) for message in child.messages() if isinstance(message, Frame)]


def read_strip(
    path: Path | str, duration_s: float, interval_s: float, size: tuple[int, int], *, keyframes: bool = False
) -> Iterator[Picture]:
    """Pictures at (k + 0.5) intervals, one at a time. `keyframes`: the nearest of them will do, many times faster."""
    arguments = {"duration_s": duration_s, "interval_s": interval_s, "keyframes": keyframes, **_size(size)}
    with Child(Order("strip", Path(path), arguments, frame_bytes=size[0] * size[1] * 3)) as child:
        for message in child.messages():
            if isinstance(message, Frame):
                yield _picture(message, size)


def fit(facts: Probe, width_px: int, height_px: int) -> tuple[int, int]:
    """The largest (width, height) of a video's shape within a box, never larger than the video, even numbers.

    >>> from model_server.frames.probe import Probe
    >>> fit(Probe(1.0, 3840, 2160, 0, 30.0, "mov", "h264", None, "yuv420p", True), 1920, 1080)
    (1920, 1080)
    """
    scale = min(1.0, width_px / facts.width_px, height_px / facts.height_px)
    return max(2, round(facts.width_px * scale / 2) * 2), max(2, round(facts.height_px * scale / 2) * 2)


def _size(size: tuple[int, int]) -> dict[str, int]:
    return {"width_px": size[0], "height_px": size[1]}


def _picture(frame: Frame, size: tuple[int, int]) -> Picture:
    return np.frombuffer(frame.pixels, np.uint8).reshape(size[1], size[0], 3)
