"""Selective decoding, offline half (paper section 4.5): cut a stream where its meaning changes.

Pure: embeddings in, runs of windows out. The one home of Ward.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import diags
from sklearn.cluster import AgglomerativeClustering

Run = tuple[int, int]  # half-open: windows [first, last)


def ward_runs(
    embeddings: npt.NDArray[np.floating], *, threshold: float | None = None, n_runs: int | None = None
) -> list[Run]:
    """Agglomerative clustering, Ward, connected in time: neighbours merge until the next merge would cost `threshold`.

    Give either the threshold (a Ward distance) or the number of runs. The runs tile the stream in order.

    >>> ward_runs(np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), threshold=1.0)
    [(0, 2), (2, 3)]
    """
    if (threshold is None) == (n_runs is None):
        raise ValueError("give a threshold or a number of runs, one of them")
    n = len(embeddings)
    if n < 2:
        return [(0, n)] if n else []
    clustering = AgglomerativeClustering(
        n_clusters=None if n_runs is None else min(n_runs, n),
        distance_threshold=threshold,
        linkage="ward",
        connectivity=diags(
            [np.ones(n - 1), np.ones(n - 1)], [-1, 1], format="csr"
        ),  # (n, n): each knows its neighbours
        compute_full_tree=True,
    )
    labels = clustering.fit_predict(np.asarray(embeddings, dtype=np.float64))  # (n,)
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), n]
    return list(pairwise(edges))


def ward_distance(n_a: int, mean_a: npt.NDArray[np.floating], n_b: int, mean_b: npt.NDArray[np.floating]) -> float:
    """What merging two runs costs, on scikit-learn's scale: for two single windows, their Euclidean distance.

    >>> ward_distance(1, np.array([0.0, 1.0]), 1, np.array([0.0, 3.0]))
    2.0
    """
    return float(np.sqrt(2.0 * n_a * n_b / (n_a + n_b)) * np.linalg.norm(mean_a - mean_b))
