"""Which frames of a video are looked at, and which windows share them: pure arithmetic, no video library."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_server.engine import Space

SLACK = 1e-6  # of a frame interval: 60 s / 0.5 s is 120 frames whatever floating point says


@dataclass(frozen=True)
class Window:
    """The half-open interval [start_s, end_s) that one clip is sampled from."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Sampling:
    """The frames to take from a video, each named once, and the windows that hold them."""

    interval_s: float  # between sampled frames; 0 for one picture
    frame_times: npt.NDArray[np.float64]  # (F,) the moments whose frame is wanted, rising
    windows: list[Window]  # n, in time order
    index: npt.NDArray[np.int32]  # (n, T) which frames make each window's clip


def sample(duration_s: float, space: Space) -> Sampling:
    """The sampling of a video: frame k is the one on screen at (k + 0.5) intervals.

    A video no longer than a window is one clip of T frames spread over it; a longer one has a window every
    stride, and one more that ends on the last frame where the strides leave a tail. No duration: one picture.

    >>> [w.start_s for w in sample(9.0, Space("m", "v", 8, 8, 4.0, 2.0, "", 32)).windows]
    [0.0, 2.0, 4.0, 5.0]
    """
    if duration_s <= 0:
        return one_picture(0.0)
    interval_s = min(space.frame_interval_s, duration_s / space.clip_frames)
    n_frames = max(space.clip_frames, int(duration_s / interval_s + SLACK))
    frame_times = (np.arange(n_frames, dtype=np.float64) + 0.5) * interval_s  # (F,)
    if duration_s <= space.window_s:
        everything = np.arange(space.clip_frames, dtype=np.int32)[None]  # (1, T)
        return Sampling(interval_s, frame_times, [Window(0.0, duration_s)], everything)
    starts = _starts(n_frames, space)
    index = np.add.outer(starts, np.arange(space.clip_frames, dtype=np.int32))  # (n, T)
    windows = [Window(k * interval_s, (k + space.clip_frames) * interval_s) for k in starts.tolist()]
    return Sampling(interval_s, frame_times, windows, index)


def one_picture(duration_s: float) -> Sampling:
    """A video that shows one picture is a clip of one frame, like a photo (T = 1)."""
    first = np.zeros((1, 1), np.int32)  # (n, T)
    return Sampling(0.0, np.zeros(1, np.float64), [Window(0.0, duration_s)], first)


def _starts(n_frames: int, space: Space) -> npt.NDArray[np.int32]:
    """The first frame of every window: (n,)."""
    stride = round(space.stride_s / space.frame_interval_s)
    assert stride >= 1, (space.stride_s, space.frame_interval_s)
    last = n_frames - space.clip_frames
    starts = list(range(0, last + 1, stride))
    if starts[-1] != last:
        starts.append(last)  # the tail: overlaps its neighbour more, so that the end of a video is seen
    return np.array(starts, np.int32)
