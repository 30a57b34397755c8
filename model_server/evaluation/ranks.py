"""Retrieval scores from embeddings (paper table 1): recall at 1, 5 and 10, and the median rank. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from model_server.evaluation.rows import interval

Matrix = npt.NDArray[np.float32]
AT = (1, 5, 10)


def retrieval_scores(
    predicted: Matrix, targets: Matrix, captions: Sequence[Sequence[str]], *, draws: int = 1000, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Both directions. predicted (n, D): one a video. targets (m, D): one a caption, videos in order.

    Each caption is a query of its own; a video's rank for it is one more than the number of videos that lie strictly
    nearer. Videos that share a caption's very words count as right.
    """
    texts = [text for own in captions for text in own]
    right = np.array([[text in own for text in texts] for own in map(set, captions)])  # (n, m)
    similarity = predicted @ targets.T  # (n, m)
    to_video = ranks(similarity.T, right.T)
    to_text = ranks(similarity, right)
    return {
        "text_to_video": summary(to_video, len(predicted), draws, seed),
        "video_to_text": summary(to_text, len(texts), draws, seed),
    }


def ranks(similarity: Matrix, right: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(q,) 1-based rank of the best right answer of each query. Ties count against us."""
    best = np.where(right, similarity, -np.inf).max(1, keepdims=True)
    return 1 + ((similarity >= best) & ~right).sum(1)


def summary(found: npt.NDArray[np.int64], pool: int, draws: int, seed: int) -> dict[str, Any]:
    """Percentages with 95 % bootstrap intervals over queries."""
    scores: dict[str, Any] = {f"R@{k}": round(100 * float((found <= k).mean()), 2) for k in AT}
    scores["median_rank"] = float(np.median(found))
    scores["pool"] = pool
    scores["queries"] = len(found)
    scores["interval_95"] = {
        f"R@{k}": [round(edge, 1) for edge in interval(100 * (found <= k).astype(np.float64), seed, draws)] for k in AT
    }
    return scores
