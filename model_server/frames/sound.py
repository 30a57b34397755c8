"""The sound of a stranger's video as 16 kHz mono, a second at a time. Runs in the child."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from model_server.frames.errors import MediaError
from model_server.frames.formats import AUDIO_CODECS
from model_server.frames.source import Source, codec_name, frames_of, open_source, packets_of

if TYPE_CHECKING:
    from model_server.frames.child import Task

Samples = npt.NDArray[np.int16]  # (n,)

RATE = 16_000
BLOCK_BYTES = RATE * 2
_CPU_S = 600.0  # a stretch is minutes of sound: seconds of work
_BEFORE_S = 1.0  # decoding starts so much earlier: codecs need some packets before they sound right
_JITTER = RATE // 5  # time stamps may be off by so much and still mean that one piece follows the other


def sound(task: "Task") -> None:
    """Blocks of a second from `start_s` on, the last filled up with silence; then whether the video has any sound."""
    start_s, end_s = float(task.arguments["start_s"]), float(task.arguments["end_s"])
    task.allow_cpu(_CPU_S)
    source = open_source(task.fd)
    stream = sound_stream(source.container)
    if stream is not None:
        tape = Tape(round((end_s - start_s) * RATE))
        for at, samples in pieces(source, stream, start_s):
            task.alive()
            tape.put(at, samples)
            for block in tape.blocks():
                task.frame(block, 0.0, 0.0)
            if at >= tape.length:
                break
        for block in tape.rest():
            task.frame(block, 0.0, 0.0)
    task.event("end", has_sound=stream is not None)


def sound_stream(container: InputContainer) -> Any:
    """The first stream of sound; None where there is none. MediaError where it may not be decoded here."""
    if not container.streams.audio:
        return None
    stream = container.streams.audio[0]
    name = codec_name(stream)
    if name not in AUDIO_CODECS:
        raise MediaError(f"The sound is stored as {name or 'an unknown kind'}, which is not read here.", permanent=True)
    return stream


def pieces(source: Source, stream: Any, start_s: float) -> Iterator[tuple[int, Samples]]:
    """Decoded sound with its place in samples from `start_s`; what cannot be decoded is left out."""
    resampler = AudioResampler("s16", "mono", RATE)
    after = 0
    for frame in _frames(source, stream, start_s):
        moment_s = None if frame.pts is None else float(frame.pts * frame.time_base) - source.origin_s
        at = after if moment_s is None else round((moment_s - start_s) * RATE)
        try:
            made = resampler.resample(frame)
        except ValueError:  # the sound changes its layout or rate half way
            resampler = AudioResampler("s16", "mono", RATE)
            made = resampler.resample(frame)
        for piece in made:
            samples: Samples = np.ascontiguousarray(piece.to_ndarray()).reshape(-1).astype(np.int16)
            yield at, samples
            at += len(samples)
        after = at


def _frames(source: Source, stream: Any, start_s: float) -> Iterator[Any]:
    offset = int((max(0.0, start_s - _BEFORE_S) + source.origin_s) / (stream.time_base or 1))
    if start_s > 0:
        try:
            source.container.seek(offset, stream=stream, backward=True)
        except av.error.FFmpegError:
            pass  # not seekable: read from the start
    for packet in packets_of(source.container, stream):
        yield from frames_of(packet)


class Tape:
    """Pieces of sound laid down at their places, given out from the start a second at a time.

    >>> tape = Tape(RATE)
    >>> tape.put(8000, np.ones(4000, np.int16))
    >>> [np.frombuffer(block, np.int16).sum() for block in tape.rest()]
    [np.int64(4000)]
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self._held = bytearray()
        self._laid = 0  # samples from the start
        self._after: int | None = None  # where the last piece ended

    def put(self, at: int, samples: Samples) -> None:
        """A gap becomes silence; what lies before the start, after the end, or under the last piece is left out."""
        if self._after is not None and abs(at - self._after) <= _JITTER:
            at = self._after
        self._after = at + len(samples)
        first, last = max(at, self._laid), min(self._after, self.length)
        if last <= first:
            return
        self._held += bytes(2 * (first - self._laid)) + samples[first - at : last - at].tobytes()
        self._laid = last

    def blocks(self) -> Iterator[bytes]:
        while len(self._held) >= BLOCK_BYTES:
            yield bytes(self._held[:BLOCK_BYTES])
            del self._held[:BLOCK_BYTES]

    def rest(self) -> Iterator[bytes]:
        self._held += bytes(-len(self._held) % BLOCK_BYTES)
        return self.blocks()
