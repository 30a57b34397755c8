"""A part of a video into a file of its own. Runs in the confined child."""

import math
from typing import Any

import av

from indexer.media.transcode import Copy, Pictures, Sound, sound_stream
from model_server.frames.child import Task
from model_server.frames.errors import MediaError
from model_server.frames.source import Source, open_source, sized_packets

_CPU_S_A_SECOND = 30.0
_LEAD_S = 2.0  # a copy may begin so much early: proxies have a key frame as often
_AFTER_S = 2.0  # pictures are stored out of order by less


def cut(task: Task) -> None:
    """[start_s, end_s) of the player's clock, as an MP4.

    Copied, it begins with the key frame at or before the start; encoded anew, with the start itself.
    """
    arguments = task.arguments
    start_s, end_s = float(arguments["start_s"]), float(arguments["end_s"])
    task.allow_cpu(120 + _CPU_S_A_SECOND * (end_s - start_s))
    source = open_source(task.fd)
    first_s = _key_before(source, start_s) if arguments["copy"] else start_s
    _seek(source, start_s)
    source.origin_s += first_s  # the clip's own zero
    with av.open(str(arguments["target"]), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        _write(source, out, arguments, end_s - first_s)
    task.event("end")


def _write(source: Source, out: Any, arguments: dict[str, Any], length_s: float) -> None:
    pictures = Copy(source, out) if arguments["copy"] else Pictures(source, out, arguments)
    tracks: dict[int, Copy | Pictures | Sound] = {source.stream.index: pictures}
    streams: list[Any] = [source.stream]
    sound = sound_stream(source)
    if sound is not None:
        tracks[sound.index] = Sound(source, sound, out)
        streams.append(sound)
    for packet in sized_packets(source.container, streams):
        at_s = _time_s(packet) - source.origin_s
        if at_s < length_s:
            tracks[packet.stream_index].take(packet)
        elif packet.stream_index == source.stream.index and at_s > length_s + _AFTER_S:
            break
    for track in tracks.values():
        track.finish()


def _key_before(source: Source, start_s: float) -> float:
    """When the last key frame before the start is shown: the first packet after seeking there."""
    _seek(source, start_s)
    for packet in sized_packets(source.container, source.stream):
        if packet.is_keyframe:
            first_s = _time_s(packet) - source.origin_s
            if start_s - first_s > _LEAD_S:
                break
            return first_s
    raise MediaError("This part of the video has no picture that it could begin with.", permanent=True)


def _seek(source: Source, at_s: float) -> None:
    offset = math.floor((at_s + source.origin_s) / (source.stream.time_base or 1))
    try:
        source.container.seek(offset, stream=source.stream, backward=True)
    except av.error.FFmpegError as error:
        raise MediaError(
            "This file cannot be cut: nothing in it says where its moments lie.", permanent=True
        ) from error


def _time_s(packet: Any) -> float:
    stamp = packet.dts if packet.pts is None else packet.pts
    return float((stamp or 0) * packet.time_base)
