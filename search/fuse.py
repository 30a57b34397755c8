"""Reciprocal rank fusion: one order out of several, by places alone, because their scores do not compare."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

DAMPING = 60  # the constant of the original paper: places far down count little


def reciprocal_rank(*rankings: Sequence[T]) -> dict[T, float]:
    """The fused value of each item, highest first; an item counts where it stands first in a ranking.

    >>> list(reciprocal_rank(["a", "b"], ["b", "c"]))
    ['b', 'a', 'c']
    """
    fused: dict[T, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(dict.fromkeys(ranking), start=1):
            fused[item] = fused.get(item, 0.0) + 1 / (DAMPING + rank)
    return dict(sorted(fused.items(), key=lambda pair: -pair[1]))
