"""The strip under the scrubber: segments as they were indexed, or the stream cut finer or coarser for this one view."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer import detail
from indexer.captions import NO_DECODER, Span
from indexer.models import Caption, Space, Video
from indexer.streams import read_details
from indexer.words import UNSURE_BELOW
from search.results import HeatStep
from webapp.pages.captions import captions_of
from webapp.pages.links import frame_url

MOST_TILES = 1000  # a finer cut than that is not shown: nobody looks through it
CAPTIONS_A_REQUEST = 16  # decoded while a person waits


@dataclass(frozen=True)
class Tile:
    """A segment in the strip under the scrubber."""

    start_s: float
    end_s: float
    frame_url: str
    percent: int | None  # best score of the query in it
    caption: str
    unsure: bool  # read back, the caption says something else than the pictures do


@dataclass(frozen=True)
class Cut:
    """How fine the strip is, for its slider."""

    detail: int
    finest: int  # as fine as it can be shown; 0 where there is nothing to choose
    as_indexed: bool
    n_segments: int
    missing: list[Span]  # without a caption, in time order; none where the model writes none


def strip_of(video: Video, steps: Sequence[HeatStep] | None, asked: int = detail.AS_INDEXED) -> dict[str, object]:
    """What the strip's template needs."""
    space = Space.objects.filter(status=Space.Status.ACTIVE).first()
    if space is None:
        return {"segments": [], "captions": captions_of(video), "cut": None}
    spans, cut_at, finest = spans_of(video, space, asked)
    captions = {(c.start_s, c.end_s): c for c in video.captions.filter(space=space)}
    writes = video.caption_error != NO_DECODER
    missing = [span for span in spans if writes and span not in captions]
    return {
        "segments": [_tile(video, span, steps or [], captions.get(span)) for span in spans],
        "captions": captions_of(video),
        "cut": Cut(cut_at, finest, cut_at == detail.AS_INDEXED, len(spans), missing),
        "captions_a_request": CAPTIONS_A_REQUEST,
    }


def spans_of(video: Video, space: Space, asked: int) -> tuple[list[Span], int, int]:
    """The cut asked for, or the nearest to it that can be shown: its spans, its detail, and the finest one shown."""
    stored = list(video.segments.filter(space=space).order_by("start_s").values_list("start_s", "end_s"))
    times, details = read_details(video, space)
    counts = [int((details <= k).sum()) for k in range(detail.FINEST + 1)]
    if counts[0] == counts[-1]:  # nothing to choose, or an older stream that cannot be cut again
        return stored, detail.AS_INDEXED, 0
    finest = max(k for k, n in enumerate(counts) if k <= detail.AS_INDEXED or n <= MOST_TILES)
    cut_at = min(asked, finest)
    return stored if cut_at == detail.AS_INDEXED else detail.spans(times, details, cut_at), cut_at, finest


def _tile(video: Video, span: Span, steps: Sequence[HeatStep], caption: Caption | None) -> Tile:
    start_s, end_s = span
    inside = [step.score for step in steps if step.start_s < end_s and step.end_s > start_s]
    frame = frame_url(video, round((start_s + end_s) / 2, 1))
    share = round(100 * max(inside)) if inside else None
    if caption is None or not caption.text:
        return Tile(start_s, end_s, frame, share, "", False)
    return Tile(start_s, end_s, frame, share, caption.text, caption.agreement < UNSURE_BELOW)
