"""From a cosine to the probability that a hit is right (design section 5). Formula and reasons: docs/search.md.

A logistic model over a few features of the hit, the query and the library, fitted by `manage.py fit_calibration` for
one version of the weights. Never divided by the query's own spread: that was measured to hurt.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

import model_server
from indexer.models import Space
from search import spelling

Array = npt.NDArray[np.float32]

FEATURES = ("similarity", "height", "crest", "margin", "typicality", "spelling", "size")
N_NEAREST_CAPTIONS = 5
N_CREST = 5  # background embeddings nearest to the query, out of several hundred
OWN_SHARE = 0.5  # a library of one topic must not be punished, so its own mean is never the whole background
OWN_HALF_AT = 1000  # anchors at which half of that share is reached
PLAIN_CUTOFF = 0.35  # raw cosine, measured on a prototype: used only where no fit matches the weights


@dataclass(frozen=True)
class LibraryFacts:
    """What calibration knows of the anchors that are searched."""

    n_anchors: int
    mean: Array | None  # (D,) mean embedding; None for nothing searched


@dataclass(frozen=True)
class QueryFacts:
    """What calibration knows of a query in a library: the same for each of its hits."""

    base: float  # mean cosine with the background
    crest: float  # mean cosine with the nearest of the background
    typicality: float  # mean cosine with the nearest captions
    spelling: float
    size: float


class Scorer(Protocol):
    """What gives a score to similarities: a fitted calibration, or the plain cosine."""

    @property
    def cutoff(self) -> float: ...

    @property
    def notice(self) -> str: ...

    def facts(self, query: Array, text: str, library: LibraryFacts) -> QueryFacts: ...

    def scores(self, similarities: Array, margins: Array, facts: QueryFacts) -> Array: ...


@dataclass(frozen=True)
class PlainSimilarity:
    """The cosine as it is: for weights that no calibration was fitted for."""

    notice: str
    cutoff: float = PLAIN_CUTOFF

    def facts(self, query: Array, text: str, library: LibraryFacts) -> QueryFacts:  # noqa: ARG002
        return QueryFacts(0.0, 0.0, 0.0, 0.0, 0.0)

    def scores(self, similarities: Array, margins: Array, facts: QueryFacts) -> Array:  # noqa: ARG002
        return np.clip(similarities, 0, 1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class References:
    """Embeddings that a query is compared with, and how captions are spelt. Shipped beside the weights."""

    background: Array  # (m, D) predicted embeddings of neutral clips
    captions: Array  # (r, D) embeddings of captions
    caption_texts: list[str]
    spelling: spelling.Table

    def facts(self, query: Array, text: str, library: LibraryFacts) -> QueryFacts:
        against = np.sort(self.background @ query)  # (m,)
        near = np.sort(self.captions @ query)[-N_NEAREST_CAPTIONS:]
        return QueryFacts(
            base=self._base(float(against.mean()), query, library),
            crest=float(against[-N_CREST:].mean()),
            typicality=float(near.mean()),
            spelling=spelling.likeness(text, self.spelling),
            size=float(np.log10(max(library.n_anchors, 1))),
        )

    @staticmethod
    def _base(shipped: float, query: Array, library: LibraryFacts) -> float:
        """The shipped background's mean cosine, mixed with the library's own as it grows."""
        if library.mean is None:
            return shipped
        own = OWN_SHARE * library.n_anchors / (library.n_anchors + OWN_HALF_AT)
        return (1 - own) * shipped + own * float(library.mean @ query)

    def typical(self, embeddings: Array, n: int = 5) -> list[str]:
        """The captions that most of the embeddings are nearest to: what a library seems to hold."""
        if len(embeddings) == 0:
            return []
        near = (embeddings @ self.captions.T).argmax(axis=1)
        votes = np.bincount(near, minlength=len(self.captions))
        return [self.caption_texts[i] for i in np.argsort(-votes, kind="stable")[:n] if votes[i]]


@dataclass(frozen=True, eq=False)
class Calibration:
    """A logistic model over FEATURES, for one version of one model's weights."""

    weights: dict[str, float]  # unit of each feature to log odds
    bias: float
    cutoff: float  # least score of a hit by default
    references: References
    notice: str = ""

    def facts(self, query: Array, text: str, library: LibraryFacts) -> QueryFacts:
        return self.references.facts(query, text, library)

    def scores(self, similarities: Array, margins: Array, facts: QueryFacts) -> Array:
        weights = np.array([self.weights[name] for name in FEATURES])
        log_odds = features(similarities, margins, facts) @ weights + self.bias
        probability: Array = (1 / (1 + np.exp(-log_odds))).astype(np.float32)
        return probability


def features(similarities: Array, margins: Array, facts: QueryFacts) -> npt.NDArray[np.float64]:
    """(n, F) in the order of FEATURES; the margin is the similarity less the best of any other video."""
    similarities = np.asarray(similarities, dtype=np.float64)
    columns = [
        similarities,
        similarities - facts.base,
        similarities - facts.crest,
        np.asarray(margins, dtype=np.float64),
        *(np.full_like(similarities, value) for value in (facts.typicality, facts.spelling, facts.size)),
    ]
    return np.stack(columns, axis=1)


def directory(model: str) -> Path:
    """Where a model's weights lie, and its calibration beside them."""
    return Path(model_server.__file__).parent / "weights" / model


def scorer_for(space: Space) -> Scorer:
    """The calibration fitted for the space's weights, or the plain cosine and a sentence that says so."""
    path = directory(space.model) / "calibration.json"
    version = json.loads(path.read_text())["version"] if path.exists() else None
    if version == space.version:
        return load(path, path.stat().st_mtime_ns)
    return PlainSimilarity(
        f"Scores are plain similarities, not probabilities: nothing was fitted for {space.model} {space.version}."
    )


@lru_cache(maxsize=4)
def load(path: Path, changed_ns: int) -> Calibration:  # noqa: ARG001  # a file written anew is read anew
    fitted = json.loads(path.read_text())
    with np.load(path.with_name("background.npz"), allow_pickle=False) as arrays:
        references = References(
            background=unpack(arrays["background"]),
            captions=unpack(arrays["captions"]),
            caption_texts=bytes(arrays["caption_texts"]).decode().split("\n"),
            spelling=arrays["spelling"].astype(np.float32),
        )
    return Calibration(fitted["weights"], fitted["bias"], fitted["cutoff"], references)


def pack(embeddings: Array) -> npt.NDArray[np.int8]:
    """Embeddings as bytes: each row by its own scale, which normalising again makes up for."""
    packed: npt.NDArray[np.int8] = np.round(embeddings / np.abs(embeddings).max(axis=1, keepdims=True) * 127).astype(
        np.int8
    )
    return packed


def unpack(packed: npt.NDArray[np.int8]) -> Array:
    rows = packed.astype(np.float32)
    unit: Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
