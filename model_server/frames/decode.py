"""Decoded pictures with their times, and only those that are wanted. Runs in the child."""

import math
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from model_server.frames.closer import canvas, is_closer, middle, overview
from model_server.frames.errors import no_picture, too_long
from model_server.frames.probe import MAX_DURATION_S
from model_server.frames.source import Source, frames_of, orientation, packets_of
from model_server.frames.windows import SLACK

Picture = npt.NDArray[np.uint8]  # (H, W, 3) RGB

_REORDER = 16  # pictures a decoder may hold back; the standards' limit
_THINNED = ("h264", "hevc")  # decoders that can leave out a picture nothing refers to
# Swscale's bilinear averages over what it shrinks, like Pillow's; without the second flag colour is half as sharp.
_SCALING = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
_JUMP_S = 1.0  # time running back further than this is a cut in the recording, not jitter


class Clock:
    """The moments of decoded frames: rising whatever the file says, relative to the player's zero."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._shift_s = 0.0
        self.now_s: float | None = None
        self.end_s = 0.0

    def time(self, frame: VideoFrame) -> float:
        step_s = 1 / self._source.fps
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is None:
            moment = 0.0 if self.now_s is None else self.now_s + step_s
        else:
            moment = self._source.seconds(stamp) + self._shift_s
        if self.now_s is not None and moment < self.now_s:
            if self.now_s - moment > _JUMP_S:
                self._shift_s += self.now_s + step_s - moment
            moment = self.now_s if self.now_s - moment <= _JUMP_S else self.now_s + step_s
        if moment > MAX_DURATION_S:
            raise too_long()
        lasts_s = float(frame.duration * (frame.time_base or 0)) or step_s
        self.now_s, self.end_s = moment, max(self.end_s, moment + lasts_s)
        return moment


def timed_frames(source: Source, clock: Clock, interval_s: float | None = None) -> Iterator[tuple[float, VideoFrame]]:
    """Every frame with its moment; damaged ones are left out. With an interval, those between may be left out too."""
    packets = packets_of(source.container, source.stream)
    yield from decoded(clock, _thinned(source, packets, interval_s) if interval_s else packets)


def decoded(clock: Clock, packets: Iterator["av.Packet[VideoStream]"]) -> Iterator[tuple[float, VideoFrame]]:
    """The frames of packets, each with its moment, without the damaged ones."""
    for packet in packets:
        for frame in frames_of(packet):
            yield clock.time(frame), frame


def _thinned(
    source: Source, packets: Iterator["av.Packet[VideoStream]"], interval_s: float
) -> Iterator["av.Packet[VideoStream]"]:
    """The packets, with the decoder told to leave out unreferenced pictures that no wanted moment falls on.

    Exact: a picture is wanted if a moment lies between it and the next one shown, and a look-ahead as deep as
    decoders may reorder tells which one that is. A third of the work on common H.264.
    """
    context = source.stream.codec_context
    thin = context.name in _THINNED
    ahead: deque[av.Packet[VideoStream]] = deque()
    known: list[int] = []  # time stamps of packets behind and ahead, sorted
    behind: deque[int] = deque()
    for packet in packets:
        thin = thin and (packet.pts is not None or not packet.size)
        ahead.append(packet)
        if packet.pts is not None:
            insort(known, packet.pts)
        while ahead and (not thin or not packet.size or len(ahead) > _REORDER):
            first = ahead.popleft()
            wanted = not thin or first.pts is None or _wanted(source, known, first.pts, interval_s)
            context.skip_frame = "DEFAULT" if wanted else "NONREF"
            yield first
            _forget(known, behind, first.pts)


def _wanted(source: Source, known: list[int], pts: int, interval_s: float) -> bool:
    """Whether a wanted moment falls into the time from this picture to the next one shown."""
    place = bisect_right(known, pts)
    if place == len(known):
        return True
    return n_moments(source.seconds(known[place]), interval_s) > n_moments(source.seconds(pts), interval_s)


def n_moments(until_s: float, interval_s: float) -> int:
    """How many of the moments (k + 0.5) intervals lie before a time.

    >>> [n_moments(t, 0.5) for t in (0.25, 0.26, 1.0)]
    [0, 1, 2]
    """
    return max(0, math.ceil(until_s / interval_s - 0.5))


def whole_intervals(until_s: float, interval_s: float) -> int:
    """How many intervals are over at a time."""
    return int(until_s / interval_s + SLACK)


def _forget(known: list[int], behind: deque[int], pts: int | None) -> None:
    if pts is None:
        return
    behind.append(pts)
    if len(behind) > _REORDER:
        old = behind.popleft()
        del known[bisect_right(known, old) - 1]


class Painter(Protocol):
    """Frames to bytes; `number` says which of the wanted pictures it is."""

    def paint(self, frame: VideoFrame, number: int) -> Picture: ...


class PicturePainter:
    """Frames to RGB pictures of one size, turned upright."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._size = width_px, height_px
        self._reformatter = VideoReformatter()

    def paint(self, frame: VideoFrame, number: int = 0) -> Picture:  # noqa: ARG002 - all are seen alike
        return scaled(self._reformatter, frame, self._size)


class ClipPainter:
    """Frames to what a model sees: the whole squashed to a square or, of every second one, its middle; and after it the
    whole small picture that shots are told by. (side * side * 3 + PIXELS * PIXELS * 3,)"""

    def __init__(self, side: int, n_looks: int, pixel_aspect: float) -> None:
        self._side, self._n_looks, self._pixel_aspect = side, n_looks, pixel_aspect
        self._reformatters = VideoReformatter(), VideoReformatter()  # one a size: changing it costs more than scaling

    def paint(self, frame: VideoFrame, number: int) -> Picture:
        closer = is_closer(number, self._n_looks)
        whole = scaled(self._reformatters[closer], frame, self._canvas(frame) if closer else (self._side, self._side))
        seen = middle(whole, self._side) if closer else whole
        return np.concatenate([seen.ravel(), overview(whole).ravel()])

    def _canvas(self, frame: VideoFrame) -> tuple[int, int]:
        width, height = frame.width * self._pixel_aspect, float(frame.height)
        return canvas(*((height, width) if orientation(frame)[0] else (width, height)), self._side)


def scaled(reformatter: VideoReformatter, frame: VideoFrame, size: tuple[int, int]) -> Picture:
    """`size` is (width, height) as shown. Scaled, then turned: a small picture is cheaper to turn."""
    transposed, mirrored, upside_down = orientation(frame)
    width, height = size[::-1] if transposed else size
    small = reformatter.reformat(frame, width, height, "rgb24", interpolation=_SCALING, threads=1)
    picture: Picture = small.to_ndarray()  # type: ignore[assignment]  # rgb24 is uint8
    if transposed:
        picture = picture.swapaxes(0, 1)
    return picture[:: -1 if upside_down else 1, :: -1 if mirrored else 1]


@dataclass
class Sampled:
    """Pictures at (k + 0.5) intervals; `end_s` is known when they have all been taken."""

    source: Source
    painter: Painter
    interval_s: float
    at_least_s: float = 0.0  # the last picture stays until then
    at_most_s: float = math.inf  # what comes later is left out
    end_s: float = 0.0

    def pictures(self) -> Iterator[Picture]:
        """A picture leaves only when the video is known to last through its whole interval, as in `windows.sample`."""
        clock = Clock(self.source)
        held: deque[Picture] = deque()
        shown: VideoFrame | None = None
        taken = sent = 0
        for time_s, frame in timed_frames(self.source, clock, self.interval_s):
            if shown is not None and time_s >= self.at_most_s:
                break
            if shown is not None and (due := n_moments(time_s, self.interval_s)) > taken:
                held.extend(self._painted(shown, taken, due))
                taken = due
            while held and sent < whole_intervals(time_s, self.interval_s):
                yield held.popleft()
                sent += 1
            shown = frame
        if shown is None:
            raise no_picture()
        self.end_s = min(max(clock.end_s, self.at_least_s), self.at_most_s)
        held.extend(self._painted(shown, taken, n_moments(self.end_s, self.interval_s)))
        while held and sent < whole_intervals(self.end_s, self.interval_s):
            yield held.popleft()
            sent += 1

    def _painted(self, frame: VideoFrame, first: int, until: int) -> list[Picture]:
        """The pictures of these numbers, all of one frame: painted once for each way it may be seen."""
        ways = [self.painter.paint(frame, number) for number in range(first, min(until, first + 2))]
        return [ways[i % 2] for i in range(until - first)]
