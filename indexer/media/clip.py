"""A moment as a file of its own: copied where it can be, which takes a second and loses nothing."""

from pathlib import Path

from indexer.media.proxy import BOX_PX, may_be_copied
from model_server.frames.confine import Limits
from model_server.frames.errors import MediaError
from model_server.frames.probe import Probe
from model_server.frames.process import Child, Order
from model_server.frames.reader import probe
from model_server.frames.stills import fit

MOST_S = 600.0
MOST_ENCODED_S = 120.0  # somebody waits for it
_BYTES_A_SECOND = 2_500_000  # above what the encoder is allowed on average
_WALL_S = 300.0


def make_clip(source: Path, target: Path, start_s: float, end_s: float) -> None:
    """[start_s, end_s) as an MP4. A copy begins at the key frame before, up to two seconds early. MediaError says
    why not."""
    facts = probe(source)
    start_s, end_s = max(start_s, 0.0), min(end_s, facts.duration_s)
    if not end_s > start_s:
        raise MediaError("The part asked for lies outside the video.", permanent=True)
    if end_s - start_s > MOST_S:
        raise MediaError(f"A clip may be {MOST_S / 60:.0f} minutes long at most.", permanent=True)
    if may_be_copied(facts):
        try:
            return _run(source, target, facts, start_s, end_s, copy=True)
        except MediaError:
            pass  # its packets do not fit an MP4: encode it again
    if end_s - start_s > MOST_ENCODED_S:
        sentence = f"This video must be encoded again to be cut: choose {MOST_ENCODED_S / 60:.0f} minutes at most."
        raise MediaError(sentence, permanent=True)
    return _run(source, target, facts, start_s, end_s, copy=False)


def _run(source: Path, target: Path, facts: Probe, start_s: float, end_s: float, *, copy: bool) -> None:
    most = int((end_s - start_s + 60) * _BYTES_A_SECOND) + (source.stat().st_size if copy else 0)
    limits = Limits(int(_WALL_S), output_bytes=most, stall_s=_WALL_S, wall_s=_WALL_S)
    arguments = {
        "target": str(target),
        "start_s": start_s,
        "end_s": end_s,
        "copy": copy,
        "size": fit(facts, *BOX_PX),
        "interlaced": facts.interlaced,
    }
    order = Order("cut", source, arguments, writable=target.parent, limits=limits, module="indexer.media.child")
    with Child(order) as child:
        for _ in child.messages():
            pass
    if not target.exists() or target.stat().st_size == 0:
        raise MediaError("The clip came out empty.", permanent=False)
