"""One video into an MP4 for browsers. Runs in the confined child."""

import os
import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter.graph import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from model_server.frames.child import Task
from model_server.frames.decode import Clock
from model_server.frames.errors import MediaError
from model_server.frames.formats import AUDIO_CODECS
from model_server.frames.source import Source, codec_name, frames_of, open_source, orientation, sized_packets

_TICKS = 90_000
_RATE = 48_000
_MAX_FPS = 60
_SEEK_EVERY_S = 2  # between key frames: a jump to a moment shows it at once
_CPU_S_A_SECOND = 30.0
_PROGRESS_EVERY_S = 1.0
_X264 = {"preset": "veryfast", "crf": "23", "maxrate": "12M", "bufsize": "24M", "profile": "high"}


def proxy(task: Task) -> None:
    """Pictures encoded again (or copied), sound as AAC, both on the player's clock; the index moved to the front."""
    arguments = task.arguments
    task.allow_cpu(600 + _CPU_S_A_SECOND * float(arguments["duration_s"]))
    source = open_source(task.fd)
    with av.open(str(arguments["target"]), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        pictures = Copy(source, out) if arguments["copy"] else Pictures(source, out, arguments)
        tracks: dict[int, Copy | Pictures | Sound] = {source.stream.index: pictures}
        streams: list[Any] = [source.stream]
        sound = sound_stream(source)
        if sound is not None:
            tracks[sound.index] = Sound(source, sound, out)
            streams.append(sound)
        said = time.monotonic()
        for packet in sized_packets(source.container, streams):
            tracks[packet.stream_index].take(packet)
            if time.monotonic() - said > _PROGRESS_EVERY_S:
                said = time.monotonic()
                task.event("progress", share=pictures.now_s / max(float(arguments["duration_s"]), 1e-3))
        for track in tracks.values():
            track.finish()
    task.event("end")


def sound_stream(source: Source) -> AudioStream | None:
    """The first sound that may be decoded; a proxy without sound is better than none."""
    known = (s for s in source.container.streams.audio if codec_name(s) in AUDIO_CODECS)
    return next(known, None)


class Copy:
    """Pictures as they are stored, in a new container."""

    def __init__(self, source: Source, out: OutputContainer) -> None:
        self._source, self._out = source, out
        self._stream = out.add_stream_from_template(source.stream)
        self._shift = round(source.origin_s / float(source.stream.time_base or 1))
        self._early: list[Any] = []  # the first packets, which Matroska gives no decoding time
        self.now_s = 0.0

    def take(self, packet: Any) -> None:
        if packet.dts is None and not self.now_s:
            self._early.append(packet)
            return
        for place, early in enumerate(self._early):
            early.dts = packet.dts - (len(self._early) - place) * max(packet.duration or 0, 1)
            self._write(early)
        self._early.clear()
        self._write(packet)

    def finish(self) -> None:
        if self._early:
            raise MediaError("The pictures carry no decoding times.", permanent=True)  # encoded again instead

    def _write(self, packet: Any) -> None:
        if packet.dts is None:
            raise MediaError("A picture carries no decoding time.", permanent=True)
        self.now_s = self._source.seconds(packet.dts)
        packet.dts -= self._shift
        packet.pts = packet.pts - self._shift if packet.pts is not None else packet.dts
        packet.stream = self._stream
        self._out.mux(packet)


@dataclass
class Pictures:
    """Decoded, brought upright and to size, and encoded."""

    source: Source
    out: OutputContainer
    arguments: dict[str, Any]
    now_s: float = 0.0
    _last: int = -1
    _graph: Graph | None = None
    _shape: tuple[Any, ...] = ()
    _stream: VideoStream = field(init=False)
    _clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self._clock = Clock(self.source)
        gop = round(min(self.source.fps, _MAX_FPS) * _SEEK_EVERY_S)
        options = {**_X264, "g": str(max(gop, 1))}
        self._stream = self.out.add_stream(
            "libx264", rate=Fraction(self.source.fps).limit_denominator(1001), options=options
        )
        self._stream.width, self._stream.height = self.arguments["size"]
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, _TICKS)
        self._stream.codec_context.thread_count = min(len(os.sched_getaffinity(0)), 8)

    def take(self, packet: Any) -> None:
        for frame in frames_of(packet):
            self._place(frame)

    def finish(self) -> None:
        for frame in self.source.stream.decode(None):
            self._place(frame)
        self._drain(end=True)
        self.out.mux(self._stream.encode(None))

    def _place(self, frame: VideoFrame) -> None:
        """Onto the output's clock: strictly rising, at most 60 a second, nothing before zero."""
        self.now_s = self._clock.time(frame)
        ticks = round(self.now_s * _TICKS)
        if ticks < 0 or (self._last >= 0 and ticks - self._last < _TICKS // (_MAX_FPS + 1)):
            return
        self._last = ticks
        shape = (frame.width, frame.height, frame.format.name, orientation(frame))
        if self._graph is None or shape != self._shape:  # a stream may change its shape on the way
            self._drain(end=True)
            self._graph, self._shape = _graph(frame, tuple(self.arguments["size"]), self.arguments["interlaced"]), shape
        frame.pts, frame.time_base = ticks, Fraction(1, _TICKS)
        self._graph.vpush(frame)
        self._drain()

    def _drain(self, *, end: bool = False) -> None:
        """Encode what the filters have ready; they may hold back a picture until they see the next."""
        if self._graph is None:
            return
        if end:
            self._graph.vpush(None)
        while True:
            try:
                upright = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            upright.pict_type = 0  # the encoder chooses, not the source
            self.out.mux(self._stream.encode(upright))


def _graph(frame: VideoFrame, size: tuple[int, int], interlaced: bool) -> Graph:
    transposed, mirrored, upside_down = orientation(frame)
    width, height = size[::-1] if transposed else size
    wanted: list[tuple[str, str | None]] = [("scale", f"{width}:{height}:flags=bicubic")]
    if interlaced:
        wanted.insert(0, ("yadif", "mode=send_frame:deint=interlaced"))
    turns = (("transpose", "cclock_flip", transposed), ("hflip", None, mirrored), ("vflip", None, upside_down))
    wanted += [(name, how) for name, how, needed in turns if needed]
    wanted += [("format", "yuv420p"), ("setsar", "1"), ("buffersink", None)]
    graph, base = Graph(), Fraction(1, _TICKS)
    first = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)
    graph.link_nodes(first, *(graph.add(name, how) for name, how in wanted)).configure()
    return graph


class Sound:
    """Decoded, brought to stereo at 48 kHz, and encoded as AAC."""

    def __init__(self, source: Source, stream: AudioStream, out: OutputContainer) -> None:
        self._source, self._from, self._out = source, stream, out
        self._stream: AudioStream = out.add_stream("aac", rate=_RATE, options={"b": "160k"}, layout="stereo")
        self._resampler: AudioResampler | None = None
        self._shape: tuple[Any, ...] = ()
        self._heard_s = 0.0  # where the next frame starts if it does not say
        self._next = 0  # the first sample that is not written yet

    def take(self, packet: Any) -> None:
        for frame in frames_of(packet):
            self._place(frame)

    def finish(self) -> None:
        for frame in self._from.decode(None):
            self._place(frame)
        self._write(None)
        self._out.mux(self._stream.encode(None))

    def _place(self, frame: AudioFrame) -> None:
        moment_s = frame.time if frame.pts is not None else None
        start_s = self._heard_s if moment_s is None else moment_s - self._source.origin_s
        self._heard_s = start_s + frame.samples / frame.sample_rate
        if start_s < 0:
            return
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._write(None)
            self._resampler, self._shape = AudioResampler("fltp", "stereo", _RATE, frame_size=1024), shape
        frame.pts, frame.time_base = round(start_s * frame.sample_rate), Fraction(1, frame.sample_rate)
        self._write(frame)

    def _write(self, frame: AudioFrame | None) -> None:
        """Gaps stay gaps; sound that overlaps what is written is moved up to it."""
        for ready in self._resampler.resample(frame) if self._resampler else []:
            ready.pts = max(ready.pts or 0, self._next)
            self._next = ready.pts + ready.samples
            self._out.mux(self._stream.encode(ready))
