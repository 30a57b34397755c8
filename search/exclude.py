"""A minus: windows that show what shall not be seen are no hits. Pure."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from search.meaning import Meaning, score_windows
from search.refine import Windows


def exclude(
    windows: dict[UUID, Windows], meaning: Meaning, unwanted: Sequence[tuple[dict[UUID, Windows], Meaning]]
) -> dict[UUID, Windows]:
    """The windows that are left: no hit of anything unwanted and, where they are one of what is wanted, nearer to that.

    Each of `unwanted` is the same windows by their cosine with an unwanted text. Videos without a window are left out.
    """
    if not unwanted:
        return windows
    kept = {video_id: np.ones(len(w.similarities), bool) for video_id, w in windows.items()}
    hits = {video_id: scores >= meaning.scorer.cutoff for video_id, scores in score_windows(windows, meaning).items()}
    for others, unwanted_meaning in unwanted:
        scores = score_windows(others, unwanted_meaning)
        for video_id, w in windows.items():
            nearer = others[video_id].similarities > w.similarities
            kept[video_id] &= (scores[video_id] < unwanted_meaning.scorer.cutoff) & ~(hits[video_id] & nearer)
    return {video_id: w.where(kept[video_id]) for video_id, w in windows.items() if kept[video_id].any()}
