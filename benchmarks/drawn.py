"""Streams that never were, drawn from real ones: what their runs are about and how their windows differ is real.

A run is about one real embedding, or about something between it and one of its nearest neighbours; its windows differ
from it as the windows of real clips differ from their clip's mean. Pure; no database.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

RUN_WINDOWS = 5  # how long one meaning lasts, on average
SHORTEST_RUN = 2
N_NEIGHBOURS = 8
MEDIAN_S, SPREAD, LONGEST_S = 360.0, 1.0, 7200.0  # of videos, log-normal: ten minutes on average


@dataclass(frozen=True, eq=False)
class Real:
    """What is drawn from."""

    meanings: Array  # (n, D), unit
    neighbours: Places  # (n, k) of each meaning
    differences: Array  # (m, D): windows of real clips less their clip's mean


@dataclass(frozen=True, eq=False)
class Drawn:
    """One video."""

    embeddings: Array  # (w, D), unit
    meanings: Places  # (w,) which real meaning each window is drawn from


def real(meanings: Array, differences: Array) -> Real:
    similar = meanings @ meanings.T
    np.fill_diagonal(similar, -np.inf)
    return Real(meanings, np.argpartition(-similar, N_NEIGHBOURS, axis=1)[:, :N_NEIGHBOURS], differences)


def lengths_s(n: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(n,) seconds a video lasts."""
    return np.clip(MEDIAN_S * np.exp(SPREAD * rng.normal(size=n)), 20.0, LONGEST_S)


def draw(n_windows: int, given: Real, rng: np.random.Generator) -> Drawn:
    runs = SHORTEST_RUN + rng.geometric(1 / (RUN_WINDOWS - SHORTEST_RUN + 1), size=n_windows // SHORTEST_RUN + 1) - 1
    of_run = np.repeat(np.arange(len(runs)), runs)[:n_windows]  # (w,)
    about = rng.integers(len(given.meanings), size=len(runs))
    beside = given.neighbours[about, rng.integers(N_NEIGHBOURS, size=len(runs))]
    share = rng.uniform(0.5, 1.0, size=(len(runs), 1)).astype(np.float32)
    middles = _unit(share * given.meanings[about] + (1 - share) * given.meanings[beside])
    # Turned about as often as not, so that few clips give many differences.
    signs = rng.choice(np.array([-1, 1], np.float32), size=(n_windows, 1))
    differences = signs * given.differences[rng.integers(len(given.differences), size=n_windows)]
    return Drawn(_unit(middles[of_run] + differences), about[of_run])


def _unit(rows: Array) -> Array:
    unit: Array = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
