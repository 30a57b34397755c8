"""Clips joined into one film, re-encoded to one size and rate, with the place of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

WIDTH_PX, HEIGHT_PX, RATE_FPS = 640, 360, 25


@dataclass(frozen=True)
class Scene:
    """Where a clip lies in the film."""

    caption: str
    start_s: float
    end_s: float


def join(clips: list[tuple[Path, str]], target: Path, keyframes_s: float | None = None) -> list[Scene]:
    """Write the film; the clips follow each other without a gap. A keyframe every so often, wherever a clip begins."""
    scenes: list[Scene] = []
    with av.open(str(target), "w") as film:
        every = {"g": str(round(keyframes_s * RATE_FPS))} if keyframes_s else {}
        stream = film.add_stream("libx264", rate=RATE_FPS, options={"preset": "ultrafast", "crf": "20"} | every)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        n_written = 0
        for path, caption in clips:
            first = n_written
            for frame in at_rate(path):
                write(film, stream, frame, n_written)
                n_written += 1
            scenes.append(Scene(caption, first / RATE_FPS, n_written / RATE_FPS))
        film.mux(stream.encode(None))
    return scenes


def at_rate(path: Path) -> Iterator[VideoFrame]:
    """The clip's frames at the film's rate: repeated or dropped as time asks, and always at least one."""
    with av.open(str(path)) as clip:
        due, began = 0.0, None
        for frame in clip.decode(video=0):
            began = frame.time if began is None else began
            while frame.time - began >= due:
                yield frame
                due += 1 / RATE_FPS


def write(film: OutputContainer, stream: VideoStream, frame: VideoFrame, number: int) -> None:
    scaled = frame.reformat(width=WIDTH_PX, height=HEIGHT_PX, format="yuv420p")
    scaled.pts, scaled.time_base = number, Fraction(1, RATE_FPS)
    film.mux(stream.encode(scaled))
