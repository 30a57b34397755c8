"""A stranger's file, opened: one pinned demuxer, no other protocol, allow-listed codecs. Runs in the child."""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from model_server.frames.errors import MediaError, too_long
from model_server.frames.formats import AUDIO_CODECS, HEAD_BYTES, VIDEO_CODECS, demuxer_of
from model_server.frames.probe import MAX_DURATION_S, MAX_PIXELS, MAX_SIDE_PX

FALLBACK_FPS = 25.0
NOT_A_PICTURE_STREAM = Disposition.attached_pic | Disposition.timed_thumbnails
_WEBM = b"\x42\x82\x84webm"  # the document type in Matroska's header
_SHORT_S = 10.0  # a file this short is read through to be measured
_TAIL_S = 5.0
_MAX_THREADS = 8
_MAX_STREAMS = 200  # a recording of all that one transmitter sends; each costs a decoder while FFmpeg probes


@dataclass
class Source:
    container: InputContainer
    stream: VideoStream
    format: str  # the demuxer's name, or webm: browsers play that Matroska only
    origin_s: float  # the player's zero, in the stream's own time
    fps: float  # read at once: the stream's memory is gone when the container is closed

    @property
    def pixel_aspect(self) -> float:
        """Width of a pixel as shown, its height being 1."""
        aspect = self.stream.codec_context.sample_aspect_ratio
        return float(aspect or 1)

    def seconds(self, pts: int) -> float:
        """A time stamp of the picture stream on the player's clock."""
        return float(pts * (self.stream.time_base or 0)) - self.origin_s


def open_source(fd: int) -> Source:
    """Open the file behind `fd` from its start; MediaError says why not."""
    os.lseek(fd, 0, os.SEEK_SET)
    head = os.pread(fd, HEAD_BYTES, 0)
    demuxer = demuxer_of(head)
    try:
        container = av.open("fd:", "r", format=demuxer, options=_options(fd, demuxer), metadata_errors="ignore")
    except av.error.FFmpegError as error:
        raise _why_unopened(fd, demuxer, error) from error
    stream = _picture_stream(container)
    _check_stream(stream)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = min(len(os.sched_getaffinity(0)), _MAX_THREADS)
    name = "webm" if demuxer == "matroska" and _WEBM in head[:64] else demuxer
    return Source(container, stream, name, _origin_s(container, stream), _fps(stream))


def _options(fd: int, demuxer: str) -> dict[str, str]:
    """Only this descriptor may be read: not even other files, so that a playlist inside leads nowhere."""
    return {
        "fd": str(fd),
        "protocol_whitelist": "fd",
        "format_whitelist": ",".join((demuxer, "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")),
        "codec_whitelist": ",".join(sorted(VIDEO_CODECS | AUDIO_CODECS)),  # FFmpeg opens decoders while it probes
        "max_pixels": str(MAX_PIXELS),
        "max_streams": str(_MAX_STREAMS),
    }


def _why_unopened(fd: int, demuxer: str, error: av.error.FFmpegError) -> MediaError:
    if isinstance(error, MemoryError):
        return MediaError("This video needs more memory to be read than is allowed here.", permanent=True)
    if demuxer == "mov" and _ends_before_index(fd):
        return MediaError(
            "The file ends early: its index, which stands at the end, is missing. Upload the whole file again.",
            permanent=True,
        )
    return MediaError("This file is damaged: it starts like a video but cannot be opened.", permanent=True)


def _ends_before_index(fd: int) -> bool:
    """Whether an MP4's boxes run past the end of the file, with no index (`moov`) before."""
    size, offset = os.fstat(fd).st_size, 0
    for _ in range(1000):
        head = os.pread(fd, 16, offset)
        if len(head) < 8:
            return True
        length, name = struct.unpack(">I4s", head[:8])
        if name == b"moov":
            return bool(offset + length > size)
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if length < 8 or offset + length > size:
            return True
        offset += length
    return False


def _picture_stream(container: InputContainer) -> VideoStream:
    """The largest stream that moves: cover art is none."""
    streams = [s for s in container.streams.video if not s.disposition & NOT_A_PICTURE_STREAM]
    if streams:
        return max(streams, key=lambda s: s.codec_context.width * s.codec_context.height if s.codec_context else 0)
    if container.streams.audio:
        raise MediaError("This file has sound but no picture.", permanent=True)
    raise MediaError("This file has no picture in it.", permanent=True)


def _check_stream(stream: VideoStream) -> None:
    name = codec_name(stream)
    if name not in VIDEO_CODECS:
        raise MediaError(
            f"The picture is stored as {name or 'an unknown kind'}, which is not read here.", permanent=True
        )
    width, height = stream.codec_context.width, stream.codec_context.height
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise MediaError(
            f"The picture is {width} x {height} pixels, more than can be read here (8192 x 4608).", permanent=True
        )


def codec_name(stream: Any) -> str:
    """The decoder's name, or the format's where FFmpeg has no decoder; empty where even that is unknown."""
    context = stream.codec_context
    return str(context.name) if context is not None else ""


def _origin_s(container: InputContainer, stream: VideoStream) -> float:
    """Players start their clock with whichever stream starts first."""
    starts = [container.start_time / av.time_base] if container.start_time is not None else []
    if stream.start_time is not None and stream.time_base:
        starts.append(float(stream.start_time * stream.time_base))
    return min(starts, default=0.0)


def _fps(stream: VideoStream) -> float:
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate and 0 < rate <= 1000 else FALLBACK_FPS


@dataclass(frozen=True)
class Extent:
    end_s: float
    n_packets: int | None  # known where the whole file was read


def measure(fd: int, alive: Callable[[], None]) -> Extent:
    """Where the pictures end: what the packets say, for containers lie and files are cut off.

    `alive` is called all along, because reading a large file through takes longer than a silence may last.
    """
    source = open_source(fd)
    declared = _declared_end_s(source)
    if declared > _SHORT_S:
        end_s = _tail_end_s(source, declared)
        if end_s > 0:
            return Extent(_checked(end_s), None)
        source.container.close()
        source = open_source(fd)
    end_s, count = 0.0, 0
    for packet in sized_packets(source.container, source.stream):
        count += 1
        end_s = max(end_s, _packet_end_s(source, packet, count))
        alive()
    source.container.close()
    return Extent(_checked(end_s if end_s > 0 else count / source.fps), count)


def _checked(end_s: float) -> float:
    if end_s > MAX_DURATION_S:
        raise too_long()
    return end_s


def _declared_end_s(source: Source) -> float:
    stream = source.stream
    if stream.duration and stream.time_base:
        return source.seconds((stream.start_time or 0) + stream.duration)
    return (source.container.duration or 0) / av.time_base


def _tail_end_s(source: Source, declared: float) -> float:
    """The end by the packets after the last seek point; 0 where seeking finds none (the file is cut off)."""
    offset = int((declared - _TAIL_S + source.origin_s) / (source.stream.time_base or 1))
    try:
        source.container.seek(offset, stream=source.stream, backward=True)
        packets = sized_packets(source.container, source.stream)
        ends = [_packet_end_s(source, packet, 0) for packet in packets]
    except av.error.FFmpegError:
        return 0.0
    finally:
        source.container.close()
    return max(ends, default=0.0)


def _packet_end_s(source: Source, packet: "av.Packet[Any]", count: int) -> float:
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is None:
        return count / source.fps
    return source.seconds(stamp + (packet.duration or 0)) + (0 if packet.duration else 1 / source.fps)


def packets_of(container: InputContainer, streams: Any) -> Iterator[Any]:
    """Packets up to where the file ends or breaks off: what came before is still good."""
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, IndexError):  # PyAV's last round stumbles over streams that appeared on the way
            return
        except av.error.FFmpegError as error:
            if isinstance(error, MemoryError):
                raise
            return
        yield packet


def sized_packets(container: InputContainer, streams: Any) -> Iterator[Any]:
    """Without the empty ones that end a stream."""
    return (packet for packet in packets_of(container, streams) if packet.size)


def frames_of(packet: "av.Packet[Any]") -> list[Any]:
    """What a packet decodes to: nothing where it is damaged, as those around it are still good."""
    try:
        return packet.decode()
    except av.error.FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        return []


def orientation(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """How the stored picture is turned to be shown: (transposed, then mirrored, then upside down)."""
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return False, False, False
    a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])  # x' = a x + c y, y' = b x + d y
    if abs(b) > abs(a):
        return True, c < 0, b < 0
    return False, a < 0, d < 0
