"""Search by something shown: a picture, or a moment of a video; with words, what it should be like instead."""

from uuid import UUID

import numpy as np
import numpy.typing as npt

from indexer.captions import span_embedding
from indexer.models import Space, Video
from indexer.streams import read_stream
from search.ask import span_at
from search.refine import Windows
from search.results import Example

Array = npt.NDArray[np.float32]

WORDS_SHARE = 0.65  # of an example with words; chosen on held-out photos (benchmarks/by_example.py has others)


def moment(video: Video, space: Space, at_s: float, said: str) -> Example | None:
    """The segment that the second lies in; None before the video is indexed."""
    span = span_at(video, space, at_s)
    if span is None:
        return None
    return Example(span_embedding(*read_stream(video, space, *span), span), said, video.pk, *span)


def composed(example: Example, words: Array) -> Array:
    """(D,) between the example and the words (D,): like this, but as they say."""
    mixed = (1 - WORDS_SHARE) * example.embedding + WORDS_SHARE * words
    unit: Array = mixed / np.linalg.norm(mixed)
    return unit


def without_itself(windows: dict[UUID, Windows], example: Example) -> dict[UUID, Windows]:
    """The windows that do not overlap the example; a video of which none is left is left out."""
    own = windows.get(example.video_id) if example.video_id else None
    if own is None or example.video_id is None:
        return windows
    apart = (own.times[:, 1] <= example.start_s) | (own.times[:, 0] >= example.end_s)
    others = {video_id: w for video_id, w in windows.items() if video_id != example.video_id}
    return others | {example.video_id: own.where(apart)} if apart.any() else others
