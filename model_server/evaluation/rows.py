"""The one row format of every table: a number never stands without its pool, its seed and its interval. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

DRAWS = 1000  # bootstrap samples of an interval
NOT_AT_HAND = "not at hand: see docs/benchmarks.md"

Values = npt.NDArray[np.float64]  # (n,) one a query, item or question


@dataclass(frozen=True)
class Row:
    """One measured number, or the reason why there is none."""

    task: str
    benchmark: str
    metric: str
    value: float | None = None
    interval_95: tuple[float, float] | None = None
    pool: int | None = None  # how many candidates an answer was chosen from
    n: int | None = None  # how many queries or items: what the bootstrap draws over
    seed: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Scale:
    """How a metric's numbers are shown, and how its interval is drawn."""

    seed: int = 0
    draws: int = DRAWS
    times: float = 100.0  # shares become percentages; 1 for a cosine
    digits: int = 1


@dataclass(frozen=True)
class Where:
    """What a row is about: the fields that the rows of one benchmark share."""

    task: str
    benchmark: str
    pool: int | None  # None where nothing is chosen: a caption is written
    note: str = ""
    scale: Scale = field(default_factory=Scale)


def mean_row(where: Where, metric: str, values: Iterable[float], scale: Scale | None = None) -> Row:
    """The mean of `values` (n,), with the 95 % bootstrap interval over them. ValueError where there are none."""
    scale = scale or where.scale
    array = np.asarray(list(values), np.float64) * scale.times
    if not array.size:
        raise ValueError(f"{where.benchmark}: nothing to measure {metric} on.")
    low, high = interval(array, scale.seed, scale.draws)
    value, *edges = (rounded(number, scale.digits) for number in (float(array.mean()), low, high))
    shown = (edges[0], edges[1])
    return Row(where.task, where.benchmark, metric, value, shown, where.pool, array.size, scale.seed, where.note)


def interval(values: Values, seed: int = 0, draws: int = DRAWS) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of the mean over samples drawn with replacement.

    >>> interval(np.array([2.0, 2.0, 2.0]))
    (2.0, 2.0)
    """
    draw = np.random.default_rng(seed)
    means = [values[draw.integers(len(values), size=len(values))].mean() for _ in range(draws)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def rounded(value: float, digits: int) -> float:
    """Never -0.

    >>> rounded(-0.0004, 3)
    0.0
    """
    return round(value, digits) + 0.0


def missing_row(task: str, benchmark: str, note: str = NOT_AT_HAND) -> Row:
    """A row that says why it has no number."""
    return Row(task, benchmark, "-", note=note)
