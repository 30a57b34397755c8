"""Examples to fit on: queries of three kinds, asked of made-up libraries of several sizes and of single topics.

An example is the best hit of one query in one library; it is right where the query was written for something there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.calibrate import LibraryFacts, References, features
from search.fitting.data import Item

SIZES = ((10, 24), (25, 16), (66, 12), (150, 6), (500, 3), (1500, 2))  # items of a library, how many such libraries
N_TOPICS = 12
PRESENT_A_LIBRARY, ABSENT_A_LIBRARY, NONSENSE_A_LIBRARY = 40, 40, 16
KINDS = ("present", "absent", "nonsense")


@dataclass(frozen=True, eq=False)
class Question:
    text: str
    embedding: npt.NDArray[np.float32]
    item: int | None  # what it was written for, where that may be in a library


@dataclass(frozen=True, eq=False)
class Examples:
    features: npt.NDArray[np.float64]  # (n, F)
    kinds: npt.NDArray[np.int64]  # (n,) place in KINDS
    right: npt.NDArray[np.bool_]  # (n,) the best hit is the very item the query was written for
    libraries: npt.NDArray[np.int64]  # (n,) so that no library is on both sides of a split

    def of(self, kind: str) -> npt.NDArray[np.bool_]:
        mask: npt.NDArray[np.bool_] = self.kinds == KINDS.index(kind)
        return mask


def libraries_of(asked: Sequence[Item], fillers: Sequence[Item], seed: int) -> list[list[int]]:
    """Places in [*asked, *fillers]: at most half of a library is fillers, whose captions are not asked, and topics."""
    rng = np.random.default_rng(seed)
    made: list[list[int]] = []
    for size, n in SIZES:
        for _ in range(n):
            n_asked = min(max(size // 2, 10), size, len(asked))
            n_fill = min(size - n_asked, len(fillers))
            picked = rng.permutation(len(asked))[:n_asked], len(asked) + rng.permutation(len(fillers))[:n_fill]
            made.append([int(i) for part in picked for i in part])
    return made + _topics(asked, rng)


def _topics(asked: Sequence[Item], rng: np.random.Generator) -> list[list[int]]:
    """Libraries of one topic: an item and those most like it."""
    means = np.stack([item.embeddings.mean(axis=0) for item in asked])
    centres = rng.permutation(len(asked))[:N_TOPICS]
    return [[int(i) for i in np.argsort(-(means @ means[c]))[: int(rng.integers(10, 60))]] for c in centres]


def examples(
    items: Sequence[Item],
    libraries: Sequence[list[int]],
    questions: dict[str, list[Question]],
    references: References,
    seed: int,
) -> Examples:
    """Ask each library some questions of each kind."""
    rng = np.random.default_rng(seed)
    rows, kinds, right, places = [], [], [], []
    for place, members in enumerate(libraries):
        shelf = Shelf([items[i] for i in members])
        for kind, asked in _pick(questions, set(members), rng).items():
            for question in asked:
                row, best = shelf.ask(question, references)
                rows.append(row)
                kinds.append(KINDS.index(kind))
                right.append(members[best] == question.item)
                places.append(place)
    return Examples(np.concatenate(rows), np.array(kinds), np.array(right), np.array(places))


def _pick(
    questions: dict[str, list[Question]], members: set[int], rng: np.random.Generator
) -> dict[str, list[Question]]:
    """Present: written for a member. Absent: written for something else, half of them from the same set of photos."""
    inside = [q for q in questions["present"] if q.item in members]
    outside = [q for q in questions["present"] if q.item not in members]
    half = ABSENT_A_LIBRARY // 2
    return {
        "present": _some(inside, PRESENT_A_LIBRARY, rng),
        "absent": _some(outside, half, rng) + _some(questions["absent"], ABSENT_A_LIBRARY - half, rng),
        "nonsense": _some(questions["nonsense"], NONSENSE_A_LIBRARY, rng),
    }


def _some(questions: list[Question], n: int, rng: np.random.Generator) -> list[Question]:
    return [questions[i] for i in rng.permutation(len(questions))[:n]]


class Shelf:
    """A library held in memory, asked as the product asks."""

    def __init__(self, items: list[Item]) -> None:
        self.windows = np.concatenate([item.embeddings for item in items])  # (n, D)
        self.starts = np.cumsum([0, *(len(item.embeddings) for item in items[:-1])])
        self.facts = LibraryFacts(len(self.windows), self.windows.mean(axis=0))

    def ask(self, question: Question, references: References) -> tuple[npt.NDArray[np.float64], int]:
        """Features of the best hit, (1, F), and which item it is in."""
        similarities: npt.NDArray[np.float32] = self.windows @ question.embedding
        best: npt.NDArray[np.float32] = np.maximum.reduceat(similarities, self.starts)  # (items,)
        facts = references.facts(question.embedding, question.text, self.facts)
        order = np.argsort(-best)
        top = best[order[:1]]
        other = float(best[order[1]]) if len(order) > 1 else facts.crest
        return features(top, top - other, facts), int(order[0])
