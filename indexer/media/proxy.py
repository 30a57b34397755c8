"""A copy of a video that every browser plays, for those that none or only some do."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_server.frames.confine import Limits
from model_server.frames.errors import MediaError
from model_server.frames.probe import Probe
from model_server.frames.process import Child, Event, Order
from model_server.frames.reader import probe
from model_server.frames.stills import fit

BOX_PX = (1920, 1080)
_CPU_CEILING_S = 7 * 24 * 3600  # a day of 8K; the child scales its own limit to the video's length
_BYTES_A_SECOND = 2_500_000  # above what the encoder is allowed on average
_STALL_S = 600.0  # the index is moved to the front at the end, in silence
_MISSING_S = 2.0


def make_proxy(source: Path | str, target: Path | str, progress: Callable[[float], None] | None = None) -> None:
    """Write an MP4 (H.264, AAC, index first, upright, at most 1080p). `progress` is told the share done, 0 to 1."""
    facts, place = probe(source), Path(target)
    if max(facts.width_px, facts.height_px) == facts.height_px > facts.width_px:
        size = fit(facts, *BOX_PX[::-1])
    else:
        size = fit(facts, *BOX_PX)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".proxy-") as folder:
        made = Path(folder) / "proxy.mp4"
        if not (may_be_copied(facts) and _copied(Path(source), made, facts, progress)):
            _run(Path(source), made, facts, {"size": size, "copy": False}, progress)
            _verify(made, facts)
        made.chmod(0o644)
        made.replace(place)
    if progress is not None:
        progress(1.0)


def may_be_copied(facts: Probe) -> bool:
    """The picture is fine and only its container or sound is not: seconds instead of hours, and nothing is lost."""
    good = facts.video_codec == "h264" and facts.pixel_format == "yuv420p" and not facts.interlaced
    return good and facts.rotation == 0 and facts.container in ("matroska", "flv", "mov")


def _copied(source: Path, made: Path, facts: Probe, progress: Callable[[float], None] | None) -> bool:
    try:
        _run(source, made, facts, {"size": (0, 0), "copy": True}, progress)
        _verify(made, facts)
    except MediaError:
        return False  # its packets do not fit an MP4: encode it again
    return True


def _run(
    source: Path, made: Path, facts: Probe, arguments: dict[str, Any], progress: Callable[[float], None] | None
) -> None:
    most = int(facts.duration_s * _BYTES_A_SECOND) + (64 << 20) + (source.stat().st_size if arguments["copy"] else 0)
    limits = Limits(_CPU_CEILING_S, output_bytes=most, stall_s=_STALL_S, wall_s=_CPU_CEILING_S)
    arguments |= {"target": str(made), "duration_s": facts.duration_s, "interlaced": facts.interlaced}
    order = Order("proxy", source, arguments, writable=made.parent, limits=limits, module="indexer.media.child")
    with Child(order) as child:
        for message in child.messages():
            share = message.facts.get("share") if isinstance(message, Event) else None
            if progress is not None and isinstance(share, float):
                progress(min(max(share, 0.0), 1.0))


def _verify(made: Path, facts: Probe) -> None:
    """Believe the file, not the child that says it has written it."""
    proxy = probe(made)
    if not proxy.plays_in_browser or proxy.duration_s < facts.duration_s * 0.95 - _MISSING_S:
        raise MediaError("The copy of this video for the browser came out wrong.", permanent=False)
