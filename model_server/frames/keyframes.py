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
            if shown is not None and (until := n_moments((shown[0] + time_s) / 2, self.interval_s)) > taken:
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
        """Those of keyframes, the one that ends the stream, and of keyframes closer than the interval the first."""
        last_s = float("-inf")
        for packet in packets_of(self.source.container, self.source.stream):
            self.alive()
            if not packet.size:
                yield packet
            elif packet.is_keyframe:
                at_s = last_s if packet.pts is None else self.source.seconds(packet.pts)
                if packet.pts is None or not 0 <= at_s - last_s < self.interval_s:
                    last_s = at_s
                    yield packet
