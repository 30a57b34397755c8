"""Hard negatives for the y-encoder (paper table 4): two sentences that mean the same, and one that only looks like it.

Text alone. A triplet counts when the two positives are nearer to each other than either is to the negative.
The score is a micro average: every triplet counts the same, whatever its split.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model_server.evaluation.rows import Row, Scale, Where, mean_row
from model_server.evaluation.streams import Watcher

POOL = 3  # sentences of a triplet


@dataclass(frozen=True)
class Triplet:
    positive: str
    second_positive: str
    negative: str
    split: str


@dataclass(frozen=True)
class TripletSet:
    triplets: Sequence[Triplet]
    note: str = ""


def triplet_rows(watcher: Watcher, name: str, task: TripletSet, scale: Scale) -> list[Row]:
    """Share of triplets in percent: all of them, then each split."""
    encode = watcher.engine.encode_texts
    first = encode([t.positive for t in task.triplets])  # (n, D)
    second = encode([t.second_positive for t in task.triplets])
    negative = encode([t.negative for t in task.triplets])
    alike = (first * second).sum(axis=1)  # (n,)
    right = alike > np.maximum((first * negative).sum(axis=1), (second * negative).sum(axis=1))
    splits = np.array([t.split for t in task.triplets])
    where = Where("text triplets", name, POOL, task.note, scale)
    rows = [mean_row(where, "all (micro average)", right)]
    return rows + [mean_row(where, split, right[splits == split]) for split in sorted(set(splits))]
