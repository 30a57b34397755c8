"""A minus and `rather than`: windows that show what shall not be seen are no hits. Pure."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import numpy.typing as npt

from search.meaning import Meaning, score_windows
from search.query import Step
from search.refine import Windows

Mask = npt.NDArray[np.bool_]

SHOWN_FROM = 0.5  # score of the unwanted; from the cut-off, far below, right hits went too (docs/quality.md)


def exclude(step: Step, read: Sequence[dict[UUID, Windows]], meanings: Sequence[Meaning]) -> dict[UUID, Windows]:
    """The windows that are left of what is wanted; videos without one are left out.

    `read` and `meanings` are of the step's texts, in their order: `read` has the same windows by their cosines.
    """
    windows = read[0]
    kept = masks(step, read, meanings)
    return {video_id: w.where(kept[video_id]) for video_id, w in windows.items() if kept[video_id].any()}


def masks(step: Step, read: Sequence[dict[UUID, Windows]], meanings: Sequence[Meaning]) -> dict[UUID, Mask]:
    """Which windows are left, (n,) a video.

    A minus takes those that more likely show it than not and, where they are one of what is wanted, those that are
    nearer to it.
    `rather than` takes all that are nearer to it.
    """
    (windows, *others), (meaning, *unwanted) = read, meanings
    kept = {video_id: np.ones(len(w.similarities), bool) for video_id, w in windows.items()}
    if not others:
        return kept
    hits = {video_id: scores >= meaning.scorer.cutoff for video_id, scores in score_windows(windows, meaning).items()}
    for place, (other, of_other) in enumerate(zip(others, unwanted, strict=True)):
        scores = score_windows(other, of_other)
        for video_id, w in windows.items():
            nearer = other[video_id].similarities > w.similarities
            if place < len(step.without):
                shown = scores[video_id] >= max(SHOWN_FROM, of_other.scorer.cutoff)
                kept[video_id] &= ~shown & ~(hits[video_id] & nearer)
            else:
                kept[video_id] &= ~nearer
    return kept
