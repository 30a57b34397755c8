"""A still camera: a picture that shows what an earlier one showed is that one, and the x-encoder sees it once.

What is compared is what the x-encoder is given, cell by cell, so that one small thing that moves in a corner is a
change, and the noise of a sensor, which a cell averages away, is none. Each is held against the picture that was
encoded and not against its neighbour, so that a slow change adds up to one.
"""

from collections import deque

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]  # (H, W, 3) RGB
Cells = npt.NDArray[np.float32]  # (n, n, 3): mean colour of each cell

CELLS = 52  # a side, or a little more: five pixels of 260
CHANGED = 6.0  # of 255, of one colour of one cell: by the figures of docs/performance.md nothing was lost


class Repeats:
    """Of one video's pictures in order; memory holds as many as there are ways of looking at one."""

    def __init__(self, n_looks: int) -> None:
        self._latest: deque[tuple[Picture, Cells]] = deque(maxlen=n_looks)

    def same_or_new(self, picture: Picture) -> Picture:
        """The latest picture that shows the same, or else this one."""
        now = cells(picture)
        for known, known_cells in self._latest:
            if not differ(known_cells, now):
                return known
        self._latest.append((picture, now))
        return picture


def cells(picture: Picture) -> Cells:
    """Mean colour of each cell; what is left over at the right and below is less than one.

    >>> cells(np.zeros((260, 260, 3), np.uint8)).shape
    (52, 52, 3)
    """
    side = max(1, picture.shape[0] // CELLS)
    n = picture.shape[0] // side
    whole = picture[: n * side, : n * side].astype(np.uint32)
    # Slices added up take a tenth of the time of a mean over (n, side, n, side, 3).
    rows = np.sum([whole[i::side] for i in range(side)], axis=0)  # (n, n * side, 3)
    sums = np.sum([rows[:, i::side] for i in range(side)], axis=0)  # (n, n, 3)
    means: Cells = (sums / (side * side)).astype(np.float32)
    return means


def differ(a: Cells, b: Cells) -> bool:
    """Whether any colour of any cell does."""
    return bool((np.abs(a - b) >= CHANGED).any())
