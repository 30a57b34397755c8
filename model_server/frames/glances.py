"""Pictures of a part of a video, only where what is shown has changed. Runs in the child."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from model_server.frames.decode import Clock, Picture, PicturePainter, n_moments, timed_frames
from model_server.frames.source import Source, open_source

if TYPE_CHECKING:
    from model_server.frames.child import Task

_CPU_S = 3600.0  # a minute of 8K in software
SMALL = 128, 72
CELL = 8  # pixels a side of the small picture: a line of a subtitle fills some cells, and one is enough
CHANGED = 10.0  # mean difference of a cell, of 255


def changes(task: "Task") -> None:
    """Pictures at (k + 0.5) intervals from `start_s` to before `end_s`: the first, and each that differs from the one
    sent before."""
    arguments = task.arguments
    start_s, end_s, interval_s = (float(arguments[name]) for name in ("start_s", "end_s", "interval_s"))
    task.allow_cpu(_CPU_S)
    source = open_source(task.fd)
    large, small = PicturePainter(int(arguments["width_px"]), int(arguments["height_px"])), PicturePainter(*SMALL)
    before: Picture | None = None
    for moment_s, frame in shown_at_steps(source, start_s, end_s, interval_s):
        task.alive()
        glance = small.paint(frame)
        if before is None or differ(before, glance):
            task.frame(np.ascontiguousarray(large.paint(frame)).tobytes(), moment_s, 0.0)
            before = glance
    task.event("end")


def shown_at_steps(
    source: Source, start_s: float, end_s: float, interval_s: float
) -> Iterator[tuple[float, VideoFrame]]:
    """The frame on screen at each moment. The last one stays until the end: the caller knows how long the video is."""
    if start_s > 0:
        offset = math.floor((start_s + source.origin_s) / (source.stream.time_base or 1))
        try:
            source.container.seek(offset, stream=source.stream, backward=True)
        except av.error.FFmpegError:
            pass  # not seekable: read from the start
    taken, last = n_moments(start_s, interval_s), n_moments(end_s, interval_s)
    shown: VideoFrame | None = None
    for time_s, frame in timed_frames(source, Clock(source), interval_s):
        due = min(n_moments(time_s, interval_s), last)
        if shown is not None and due > taken:
            yield (taken + 0.5) * interval_s, shown
            taken = due
        shown = frame
        if taken >= last:
            return
    if shown is not None and taken < last:
        yield (taken + 0.5) * interval_s, shown


def differ(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> bool:
    """Whether two small pictures differ in any cell."""
    apart = np.abs(a.astype(np.int16) - b.astype(np.int16)).mean(axis=2)  # (72, 128)
    height, width = apart.shape
    cells = apart.reshape(height // CELL, CELL, width // CELL, CELL).mean(axis=(1, 3))
    return bool((cells >= CHANGED).any())
