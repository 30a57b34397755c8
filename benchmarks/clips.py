"""A film of 720p at 30 frames a second, H.264, to measure with: real footage, a camera that moves or stands still."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import av
import numpy as np

SIZE = (1280, 720)
FPS = 30
NOISE = 4.0  # of 255, of each pixel and colour: a small sensor in a room


def make_clip(
    target: Path, seconds: float, clips: list[Path], keyframes_s: float | None = None, *, still: bool = False
) -> Path:
    """`keyframes_s`: at most so far from keyframe to keyframe; else as x264 has it, 250 frames. Both at cuts, too."""
    shown = footage(clips) if clips else camera_moves()
    if still:
        shown = still_camera(next(shown))
    every = {"g": str(round(keyframes_s * FPS))} if keyframes_s else {}
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "23"} | every)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for k, frame in zip(range(round(seconds * FPS)), shown, strict=False):
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return target


def footage(clips: list[Path]) -> Iterator[av.VideoFrame]:
    for clip in cycle(clips):
        with av.open(str(clip)) as container:
            for frame in container.decode(video=0):
                yield frame.reformat(*SIZE, "yuv420p")


def camera_moves() -> Iterator[av.VideoFrame]:
    """A view that wanders over a large picture of soft blobs, and jumps to another place every ten seconds."""
    draw = np.random.default_rng(0)
    coarse = draw.integers(0, 256, (60, 80, 3)).astype(np.float32)
    large = np.kron(coarse, np.ones((36, 36, 1), np.float32))  # (2160, 2880, 3)
    for axis in (0, 1):
        large = sum(np.roll(large, shift, axis) for shift in range(-9, 10)) / 19
    large = large.astype(np.uint8)
    k = 0
    while True:
        if k % (10 * FPS) == 0:
            y, x = draw.integers(0, large.shape[0] - SIZE[1] - 300), draw.integers(0, large.shape[1] - SIZE[0] - 600)
        top, left = y + k % (10 * FPS), x + 2 * (k % (10 * FPS))
        view = np.ascontiguousarray(large[top : top + SIZE[1], left : left + SIZE[0]])
        yield av.VideoFrame.from_ndarray(view, format="rgb24").reformat(format="yuv420p")
        k += 1


def still_camera(frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
    """One picture for ever, with the noise of a sensor, another in every frame."""
    picture = frame.to_ndarray(format="rgb24").astype(np.float32)
    draw = np.random.default_rng(0)
    noises = [(NOISE * draw.standard_normal(picture.shape)).astype(np.float32) for _ in range(7)]
    for k in cycle(range(42)):
        noise = np.roll(noises[k % 7], 97 * k, axis=1)  # drawing 83 million numbers a second takes longer than all else
        noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
        yield av.VideoFrame.from_ndarray(noisy, format="rgb24").reformat(format="yuv420p")
