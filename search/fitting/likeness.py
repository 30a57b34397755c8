"""Fit how a cosine with something shown becomes the probability that a hit is right.

Held-out photos with five captions each. Two are alike where the captions of one come as near to those of the other as
the captions of one photo to each other, but for the tenth of photos that people agree least about. A picture with words
is right where both are (`mixtures`).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_server.engine import Engine
from search.fitting import logistic
from search.fitting.data import Item, captioned, embed
from search.fitting.mixtures import mixtures
from search.likeness import ALONE, FILE, WITH_WORDS

Array = npt.NDArray[np.float32]

PHOTOS = ("flickr8k", "val")
AGREE = 0.1  # the share of photos whose own captions agree less than those of two that count as alike
SIZES = ((10, 60), (30, 30), (100, 12), (300, 6), (1000, 2))  # photos of a library, how many such libraries
N_ASKED, N_HITS = 100, 3  # a library is asked so often; so many hits of each are judged
N_FOLDS = 5
SEED = 20251210


@dataclass(frozen=True, eq=False)
class Question:
    """Something shown, to photos of which some are right."""

    asked: int  # the photo it comes from
    embedding: Array  # (D,)
    right: npt.NDArray[np.bool_]  # (n,)


@dataclass(frozen=True, eq=False)
class Hits:
    """The best hits of questions to made-up libraries."""

    asked: npt.NDArray[np.int64]  # (h,)
    cosines: npt.NDArray[np.float64]  # (h,)
    right: npt.NDArray[np.bool_]  # (h,)


@dataclass(frozen=True)
class Report:
    """A line; precision, recall and loss are of hits whose question was left out of the fit."""

    weight: float
    bias: float
    cutoff: float
    precision: float  # at the cut-off
    recall: float
    log_loss: float
    hits: int


def fit_likeness(root: Path, engine: Engine, target: Path) -> dict[str, Report]:
    folder, split = PHOTOS
    items = embed(root / folder, captioned(root / folder, split), engine)
    seen = np.stack([item.embeddings[0] for item in items])
    alike = are_alike(items, engine)
    asked = {
        ALONE: [Question(i, e, alike[i]) for i, e in enumerate(seen)],
        WITH_WORDS: [Question(m.asked, m.embedding, m.right) for m in mixtures(items, seen, engine)],
    }
    reports = {name: measure(hits_of(questions, seen)) for name, questions in asked.items()}
    lines = {name: asdict(report) for name, report in reports.items()}
    space, date = engine.space, f"{datetime.now(UTC):%Y-%m-%d}"
    content = {"model": space.model, "version": space.version, **lines, "date": date}
    (target / FILE).write_text(json.dumps(content, indent=2) + "\n")
    return reports


def are_alike(items: list[Item], engine: Engine) -> npt.NDArray[np.bool_]:
    """(n, n) by their captions."""
    means, own = [], []
    for item in items:
        said = engine.encode_texts([" ".join(text.split()) for text in item.captions])
        n = len(said)
        means.append(said.mean(axis=0))  # the product of two means is the mean cosine across
        own.append((float((said @ said.T).sum()) - n) / max(n * (n - 1), 1))
    across = np.stack(means) @ np.stack(means).T
    alike: npt.NDArray[np.bool_] = across >= np.quantile(own, AGREE)
    return alike


def hits_of(questions: list[Question], seen: Array) -> Hits:
    rows = list(_rows(questions, seen, np.random.default_rng(SEED)))
    asked, cosines, right = zip(*rows, strict=True)
    return Hits(np.array(asked), np.array(cosines, np.float64), np.array(right, bool))


def _rows(questions: list[Question], seen: Array, rng: np.random.Generator) -> Iterator[tuple[int, float, bool]]:
    for size, n in SIZES:
        for _ in range(n):
            library = rng.permutation(len(seen))[:size]
            for number in rng.permutation(len(questions))[:N_ASKED]:
                question = questions[number]
                others = library[library != question.asked]
                cosines = seen[others] @ question.embedding
                for k in np.argsort(-cosines)[:N_HITS]:
                    yield question.asked, float(cosines[k]), bool(question.right[others[k]])


def measure(hits: Hits) -> Report:
    """The line over all hits; its cut-off, where precision and recall balance best, from folds of photos."""
    scores = np.zeros(len(hits.right))
    for fold in range(N_FOLDS):
        out = hits.asked % N_FOLDS == fold
        scores[out] = _probability(_fit(hits.cosines[~out], hits.right[~out]), hits.cosines[out])
    cutoff = best_cutoff(scores, hits.right)
    kept = scores >= cutoff
    line = _fit(hits.cosines, hits.right)
    return Report(
        weight=round(float(line.weights[0]), 4),
        bias=round(line.bias, 4),
        cutoff=round(cutoff, 4),
        precision=round(float(hits.right[kept].mean()), 4),
        recall=round(float(kept[hits.right].mean()), 4),
        log_loss=round(float(-np.log(np.where(hits.right, scores, 1 - scores)).mean()), 4),
        hits=len(scores),
    )


def best_cutoff(scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """The score with the best F1: 2 hits right / (hits shown + hits there are)."""
    order = np.argsort(-scores)
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(scores) + 1) + right.sum())
    return float(scores[order[int(f1.argmax())]])


def _probability(line: logistic.Logistic, cosines: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    out: npt.NDArray[np.float64] = 1 / (1 + np.exp(-(cosines * line.weights[0] + line.bias)))
    return out


def _fit(cosines: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> logistic.Logistic:
    return logistic.fit(cosines[:, None], right.astype(np.float64), np.ones(len(right)), np.array([True]))
