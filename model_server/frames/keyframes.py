"""Keyframes alone: the pictures that a file stores whole, many times faster to come by than all. Runs in the child.

Each moment is shown by the keyframe nearest to it, so that a scene's edge is off by half the distance between two at
most. Cameras and phones write one every one or two seconds; an encoder left to itself one in eight or ten. Each is
looked at in one way, in turn: the x-encoder is most of what is left to do, and neighbours show nearly the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from model_server.frames.decode import Clock, Painter, Picture, decoded, n_moments, whole_intervals
from model_server.frames.source import Source, packets_of


@dataclass
class SampledKeyframes:
    """Pictures at (k + 0.5) intervals, as `decode.Sampled` gives them; of a video that lasts until `end_s`.

    None where the file marks no picture as one that can be decoded alone.
    """

    source: Source
    painter: Painter
    interval_s: float
    end_s: float  # by the packets: the last keyframe may be long before
    alive: Callable[[], None]  # called all along: what lies between two keyframes is passed over in silence

    def pictures(self) -> Iterator[Picture]:
        taken = number = 0
        shown: tuple[float, VideoFrame] | None = None
        for time_s, frame in self._frames():
            if shown is not None and (until := self._n_nearer(shown[0], time_s)) > taken:
                yield from repeat(self.painter.paint(shown[1], number), until - taken)
                taken, number = until, number + 1
            shown = time_s, frame
        if shown is None:
            return
        left = whole_intervals(self.end_s, self.interval_s) - taken
        if left > 0:
            yield from repeat(self.painter.paint(shown[1], number), left)

    def _frames(self) -> Iterator[tuple[float, VideoFrame]]:
        self.source.stream.codec_context.skip_frame = "NONKEY"
        clock = Clock(self.source)
        yield from decoded(clock, self._packets())
        self.end_s = max(self.end_s, clock.end_s)

    def _packets(self) -> Iterator["av.Packet[VideoStream]"]:
        """Those of keyframes that are the nearest to a moment, the last keyframe, and the one that ends the stream."""
        held: av.Packet[VideoStream] | None = None
        n_before = 0  # moments that an earlier keyframe is nearer to
        for packet in self._keyframes():
            if held is not None:
                until = self._n_until(held.pts, packet.pts)
                if until is None or until != n_before:
                    yield held
                n_before = until or 0
            held = packet
        if held is not None:
            yield held

    def _keyframes(self) -> Iterator["av.Packet[VideoStream]"]:
        """And the packet that ends the stream, which has no time."""
        for packet in packets_of(self.source.container, self.source.stream):
            self.alive()
            if packet.is_keyframe or not packet.size:
                yield packet

    def _n_until(self, pts: int | None, next_pts: int | None) -> int | None:
        """`_n_nearer` of packets; None where one has no time."""
        if pts is None or next_pts is None:
            return None
        return self._n_nearer(self.source.seconds(pts), self.source.seconds(next_pts))

    def _n_nearer(self, shown_s: float, next_s: float) -> int:
        """How many moments lie before the next keyframe is the nearer one; one in an interval cut short is none."""
        ends = whole_intervals(max(self.end_s, next_s), self.interval_s)
        return min(n_moments((shown_s + next_s) / 2, self.interval_s), ends)
