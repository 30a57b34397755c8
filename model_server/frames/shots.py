"""Shots: a window keeps to the one it is about. Pure arithmetic on frames that are sampled anyway.

A window over a cut shows two scenes and is predicted to lie between them, near to neither. In films of short clips,
every second window is such; keeping each to its true shot found 13 points more of their captions, by the figures of
docs/performance.md. What is compared are neighbouring frames, half a second apart: PySceneDetect looks at every frame
of the file, which would cost more than the whole index.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from model_server.frames.windows import Window

Array = npt.NDArray[np.float32]
Run = tuple[int, int]  # places [first, last) in a window

CHANGE = 0.72  # of neighbours two a second: 96 % of the joins of real clips lie above, 2.5 % of other neighbours
SHADE = 0.3  # weight of the pattern against colour and brightness
BLOCKS = 8  # a picture's pattern, a side
PIXELS = 64  # that it is looked at with, a side


@dataclass(frozen=True)
class Looks:
    """What pictures are compared by, one row a picture."""

    blocks: Array  # (n, BLOCKS * BLOCKS * 3): brightness of each block and channel
    colours: Array  # (n, 64): the share of each of 4 x 4 x 4 colours
    pattern: Array  # (n, BLOCKS * BLOCKS * 3): the blocks about their mean, of length 1

    def __getitem__(self, which: slice) -> "Looks":
        return Looks(self.blocks[which], self.colours[which], self.pattern[which])


def looks(frames: npt.NDArray[np.uint8]) -> Looks:
    """Of pictures (n, H, W, 3)."""
    small = _small(frames)
    blocks = _blocks(small)
    return Looks(blocks, _colours(small), _unit(blocks))


def change(before: Looks, after: Looks) -> Array:
    """(n,), from 0 for the same picture to about 2.6."""
    colours = np.abs(before.colours - after.colours).sum(1) / 2
    pattern = 1 - (before.pattern * after.pattern).sum(1)
    total: Array = np.abs(before.blocks - after.blocks).mean(1) + colours + SHADE * pattern
    return total


class ShotKeeper:
    """Keeps the windows of one video to shots, batch by batch: what it gives does not depend on the batches."""

    def __init__(self) -> None:
        self._middle = -1  # the number in the video of the frame in the middle of the last window
        self._given = (-1, -1)  # the numbers of the first and last frame given last

    def keep(
        self, frames: npt.NDArray[np.uint8], index: npt.NDArray[np.int32], windows: list[Window], first: int, last: bool
    ) -> tuple[npt.NDArray[np.int32], list[Window]]:
        """The same windows, each cut to the shot on screen just after its middle, and one more for each shot that no
        middle falls into; none twice. Still (n, T): a shorter run shows some frames twice.

        `index` (n, T) into frames, the first of which has the number `first`; `last` says that the video ends here.
        """
        n_frames = index.shape[1]
        if n_frames < 3:
            return index, windows
        seen = looks(frames)
        near, far = (change(seen[:-k], seen[k:]) for k in (1, 2))  # frame i against i + 1, i + 2
        rows, kept = [], []
        for i, (row, window) in enumerate(zip(index, windows, strict=True)):
            for run in _runs(near[row[:-1]] >= CHANGE, far[row[:-2]] >= CHANGE):
                numbers = (first + int(row[run[0]]), first + int(row[run[1] - 1]))
                if self._wanted(run, numbers, n_frames // 2, last and i == len(index) - 1):
                    rows.append(row[np.linspace(run[0], run[1] - 1, n_frames).round().astype(int)])
                    kept.append(_part(window, run, n_frames))
                    self._given = numbers
            self._middle = first + int(row[n_frames // 2])
        return np.array(rows, np.int32).reshape(-1, n_frames), kept

    def _wanted(self, run: Run, numbers: tuple[int, int], middle: int, at_end: bool) -> bool:
        about = run[0] <= middle < run[1] and numbers != self._given
        missed = run[1] <= middle and numbers[0] > self._middle
        tail = run[0] > middle and at_end
        return about or missed or tail


def _runs(cut: npt.NDArray[np.bool_], cut_over_one: npt.NDArray[np.bool_]) -> list[Run]:
    """Places that belong together. A picture between two that are alike is a flash, no shot."""
    cut = cut.copy()
    for i in range(len(cut) - 1):
        if cut[i] and cut[i + 1] and not cut_over_one[i]:
            cut[i] = cut[i + 1] = False
    return list(pairwise([0, *(np.flatnonzero(cut) + 1).tolist(), len(cut) + 1]))


def _part(window: Window, run: Run, n_frames: int) -> Window:
    step_s = (window.end_s - window.start_s) / n_frames
    start_s = window.start_s + run[0] * step_s
    return Window(start_s, window.end_s if run[1] == n_frames else window.start_s + run[1] * step_s)


def _small(frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    step = max(1, frames.shape[1] // PIXELS)
    side = frames.shape[1] // step // BLOCKS * BLOCKS
    return frames[:, ::step, ::step][:, :side, :side]


def _blocks(small: npt.NDArray[np.uint8]) -> Array:
    n, side = len(small), small.shape[1] // BLOCKS
    scaled = small.astype(np.float32) / 255
    means: Array = scaled.reshape(n, BLOCKS, side, BLOCKS, side, 3).mean((2, 4)).reshape(n, -1)
    return means


def _colours(small: npt.NDArray[np.uint8]) -> Array:
    codes = (small >> 6).astype(np.int64) @ np.array([16, 4, 1])  # (n, side, side)
    counts = np.stack([np.bincount(picture.ravel(), minlength=64) for picture in codes])
    shares: Array = (counts / codes[0].size).astype(np.float32)
    return shares


def _unit(blocks: Array) -> Array:
    level = blocks - blocks.mean(1, keepdims=True)
    unit: Array = level / (np.linalg.norm(level, axis=1, keepdims=True) + 1e-3)
    return unit
