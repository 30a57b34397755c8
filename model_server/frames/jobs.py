"""What the child can be asked: facts, clip frames, a strip of pictures at even steps, single pictures;
what is heard, and what is shown where it changes (modules of their own)."""

import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.video.frame import VideoFrame

from model_server.frames.decode import ClipPainter, Clock, Picture, PicturePainter, Sampled, timed_frames
from model_server.frames.errors import no_picture
from model_server.frames.glances import changes
from model_server.frames.keyframes import SampledKeyframes
from model_server.frames.photos import photo
from model_server.frames.probe import Probe, plays_in_browser, recorded_s
from model_server.frames.sound import sound
from model_server.frames.source import Source, codec_name, measure, open_source, orientation

if TYPE_CHECKING:
    from model_server.frames.child import Task

_CPU_S_A_SECOND = 10.0  # 8K in software; ordinary video needs a hundredth
_CPU_S_TO_OPEN = 120.0
_STARTS_LATE_S = 0.5


def probe(task: "Task") -> None:
    """One event: the facts, from the headers, the packets and one decoded picture."""
    task.event("probe", **probe_file(task).to_json())


def probe_file(task: "Task") -> Probe:
    end_s = measure(task.fd, task.alive).end_s
    task.allow_cpu(_CPU_S_TO_OPEN + _CPU_S_A_SECOND * end_s)
    source = open_source(task.fd)
    for _, frame in timed_frames(source, Clock(source)):
        transposed, mirrored, upside_down = orientation(frame)
        width, height = max(1, round(frame.width * source.pixel_aspect)), frame.height
        if transposed:
            width, height = height, width
        rotation = (90 if mirrored else 270) if transposed else (180 if upside_down else 0)
        return _facts(source, end_s, (width, height), rotation, frame.format.name, frame.interlaced_frame)
    raise no_picture()


def _facts(source: Source, end_s: float, size: tuple[int, int], rotation: int, pixels: str, interlaced: bool) -> Probe:
    audio = source.container.streams.audio
    codecs = codec_of(source.stream), (codec_of(audio[0]) or None) if audio else None
    plays = (
        plays_in_browser(source.format, *codecs, pixels) and not interlaced and abs(source.origin_s) < _STARTS_LATE_S
    )
    recorded = recorded_s(source.container.metadata, time.time())
    return Probe(end_s, *size, rotation, source.fps, source.format, *codecs, pixels, plays, interlaced, recorded)


def codec_of(stream: Any) -> str:
    """The format's name, which the decoder's need not be (mp3float, libdav1d)."""
    return str(stream.codec_context.codec.canonical_name) if codec_name(stream) else ""


def clips(task: "Task") -> None:
    """The frames of `windows.sample`, in order; then how long the video turned out to be.

    In the mode "fast" from keyframes alone, where the video has any and is longer than a window.
    """
    n_frames, window_s = int(task.arguments["clip_frames"]), float(task.arguments["window_s"])
    extent = measure(task.fd, task.alive)
    task.allow_cpu(_CPU_S_TO_OPEN + _CPU_S_A_SECOND * extent.end_s)
    end_s = extent.end_s
    if end_s > window_s:
        interval_s = window_s / n_frames
        if task.arguments["mode"] == "fast" and _send_keyframes(task, interval_s, end_s, at_least=n_frames):
            return
        sampled = _sampled(task, interval_s)
        if _send(task, sampled, at_least=n_frames):
            return
        end_s = sampled.end_s or 1 / sampled.source.fps  # the packets promised more than can be decoded
    interval_s = end_s if extent.n_packets == 1 else end_s / n_frames
    sampled = _sampled(task, interval_s, end_s)
    _send(task, sampled, at_least=0, one_picture=extent.n_packets == 1)


def _sampled(task: "Task", interval_s: float, lasts_s: float | None = None) -> Sampled:
    """`lasts_s`: exactly so long, whatever the frames say: the parent counts on a number of pictures."""
    source = open_source(task.fd)
    painter = _clip_painter(task, source)
    if lasts_s is None:
        return Sampled(source, painter, interval_s)
    return Sampled(source, painter, interval_s, at_least_s=lasts_s, at_most_s=lasts_s)


def _send_keyframes(task: "Task", interval_s: float, end_s: float, at_least: int) -> bool:
    source = open_source(task.fd)
    sampled = SampledKeyframes(source, _clip_painter(task, source), interval_s, end_s, task.alive)
    return _send(task, sampled, at_least, mode="fast")


def _clip_painter(task: "Task", source: Source) -> ClipPainter:
    return ClipPainter(int(task.arguments["frame_px"]), int(task.arguments["n_looks"]), source.pixel_aspect)


def _send(
    task: "Task", sampled: Sampled | SampledKeyframes, at_least: int, *, one_picture: bool = False, mode: str = "full"
) -> bool:
    """False, and nothing sent, where there are fewer pictures than `at_least`."""
    waiting: list[tuple[Picture, float]] = []
    n_sent = 0
    for picture, seconds in _timed(sampled.pictures()):
        waiting.append((picture, seconds))
        if n_sent + len(waiting) < at_least:
            continue
        if not n_sent:
            task.event("start", interval_s=sampled.interval_s, mode=mode)
        for pixels, decode_s in waiting:
            task.frame(np.ascontiguousarray(pixels).tobytes(), (n_sent + 0.5) * sampled.interval_s, decode_s)
            n_sent += 1
        waiting.clear()
    if n_sent:
        task.event("end", duration_s=sampled.end_s, one_picture=one_picture)
    return n_sent > 0


def _timed(pictures: Iterator[Picture]) -> Iterator[tuple[Picture, float]]:
    """Each with the seconds spent on it here, which are not those spent waiting for the parent."""
    while True:
        start = time.perf_counter()
        picture = next(pictures, None)
        if picture is None:
            return
        yield picture, time.perf_counter() - start


def strip(task: "Task") -> None:
    """Pictures at (k + 0.5) intervals; from keyframes alone where `keyframes` says that near enough will do."""
    arguments = task.arguments
    duration_s, interval_s = float(arguments["duration_s"]), float(arguments["interval_s"])
    task.allow_cpu(_CPU_S_TO_OPEN + _CPU_S_A_SECOND * duration_s)
    painter = PicturePainter(int(arguments["width_px"]), int(arguments["height_px"]))
    if arguments["keyframes"]:
        nearest = SampledKeyframes(open_source(task.fd), painter, interval_s, duration_s, task.alive)
        if _send(task, nearest, at_least=1):
            return
    _send(task, Sampled(open_source(task.fd), painter, interval_s, at_least_s=duration_s), at_least=0)


def stills(task: "Task") -> None:
    """The picture on screen at each of some moments: found by seeking, not by decoding all that comes before."""
    painter = PicturePainter(int(task.arguments["width_px"]), int(task.arguments["height_px"]))
    task.event("start", interval_s=0.0)
    for moment_s in task.arguments["times"]:
        source = open_source(task.fd)
        shown = _shown_at(source, float(moment_s))
        task.frame(np.ascontiguousarray(painter.paint(shown)).tobytes(), float(moment_s), 0.0)
        source.container.close()
    task.event("end", duration_s=0.0, one_picture=False)


def _shown_at(source: Source, moment_s: float) -> VideoFrame:
    """The last frame that starts no later than the moment; the first one where none does."""
    offset = math.floor((moment_s + source.origin_s) / (source.stream.time_base or 1))
    try:
        source.container.seek(offset, stream=source.stream, backward=True)
    except av.error.FFmpegError:
        pass  # not seekable: read from the start
    shown: VideoFrame | None = None
    for time_s, frame in timed_frames(source, Clock(source)):
        if shown is not None and time_s > moment_s:
            break
        shown = frame
    if shown is None:
        raise no_picture()
    return shown


JOBS: dict[str, Callable[["Task"], None]] = {
    "probe": probe,
    "clips": clips,
    "strip": strip,
    "stills": stills,
    "photo": photo,
    "sound": sound,
    "changes": changes,
}
