"""Selective decoding, online half (paper section 4.5): cut a stream while it is being watched.

Embeddings are smoothed exponentially, and the variance of the last few is watched: when it passes a threshold the
meaning has changed, and the run that ended there can be decoded. Only what has been seen is used. Pure.
"""

import numpy as np
import numpy.typing as npt

from model_server.vljepa.selective import Run

WINDOW = 4  # smoothed embeddings whose variance is watched
SMOOTHING = 0.5  # the share of the newest embedding

Matrix = npt.NDArray[np.floating]


def smooth(embeddings: Matrix, smoothing: float = SMOOTHING) -> Matrix:
    """Exponential moving average along time: (n, D).

    >>> smooth(np.array([[0.0], [1.0], [1.0]]), 0.5).ravel().tolist()
    [0.0, 0.5, 0.75]
    """
    smoothed = np.array(embeddings, np.float64)
    for t in range(1, len(smoothed)):
        smoothed[t] = smoothing * smoothed[t] + (1 - smoothing) * smoothed[t - 1]
    return smoothed


def local_variance(embeddings: Matrix, window: int = WINDOW, smoothing: float = SMOOTHING) -> npt.NDArray[np.float64]:
    """(n,) mean squared distance of the last `window` smoothed embeddings to their mean; fewer at the start."""
    smoothed = smooth(embeddings, smoothing)
    return np.array([variance(smoothed[max(0, t + 1 - window) : t + 1]) for t in range(len(smoothed))])


def trigger_runs(embeddings: Matrix, threshold: float, window: int = WINDOW, smoothing: float = SMOOTHING) -> list[Run]:
    """Runs that tile the stream, cut in the middle of each `window` whose variance passes the threshold.

    After a cut the variance starts anew, so one change is one cut.

    >>> trigger_runs(np.array([[0.0]] * 6 + [[1.0]] * 6), threshold=0.05)
    [(0, 6), (6, 12)]
    """
    n = len(embeddings)
    smoothed = smooth(embeddings, smoothing)
    edges, since = [0], 0
    for t in range(n):
        if t + 1 - since >= window and variance(smoothed[t + 1 - window : t + 1]) > threshold:
            edges.append(t + 1 - window // 2)
            since = t + 1
    return list(zip(edges, [*edges[1:], n], strict=True)) if n else []


def variance(rows: Matrix) -> float:
    return float(((rows - rows.mean(axis=0)) ** 2).sum(axis=1).mean())
