"""Where a stream is cut, finer or coarser than it was indexed. Pure, and without the clustering itself.

The worker stores with each window the coarsest detail at which a segment starts there (`indexer.segments`), so that the
web process can cut a stream again for one view at once, with neither embeddings nor Ward.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

FACTORS = (2.8, 2.0, 1.4, 1.0, 0.7, 0.5, 0.35)  # of the threshold at which streams are indexed: coarsest first
AS_INDEXED = FACTORS.index(1.0)
FINEST = len(FACTORS) - 1
NEVER = 255  # no segment starts at this window, however fine the cut


def edges(times: npt.NDArray[np.float32], firsts: npt.NDArray[np.intp] | list[int]) -> list[float]:
    """Where segments meet: in the middle of what the windows either side share, or at the cut where they share nothing.

    `times` (n, 2) start_s and end_s of each window; `firsts` the first window of each segment, 0 among them.
    """
    if not len(times):
        return []
    exact = times.astype(np.float64)  # (n, 2)
    inner = [float((exact[first - 1, 1] + exact[first, 0]) / 2) for first in firsts if first]
    return [float(times[0, 0]), *inner, float(times[-1, 1])]


def spans(times: npt.NDArray[np.float32], details: npt.NDArray[np.uint8], detail: int) -> list[tuple[float, float]]:
    """The segments of a cut in time order, start_s and end_s; `detail` from 0, the coarsest, to FINEST.

    >>> times = np.array([[0, 4], [2, 6], [4, 8]], np.float32)
    >>> spans(times, np.array([0, 5, 2], np.uint8), 3)
    [(0.0, 5.0), (5.0, 8.0)]
    """
    return list(pairwise(edges(times, np.flatnonzero(details <= detail))))
