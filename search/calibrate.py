"""From a cosine to the probability that a hit is right (design section 5). Formula and reasons: docs/search.md.

Two small logistic models multiplied: does the query make sense, and does the hit answer a query that does. Fitted by
`manage.py fit_calibration` for one version of the weights. One model for both was measured to let nonsense through:
what makes a query typical says nothing of whether the library has it. Never divided by the query's own spread.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from django.conf import settings

import model_server
from indexer.models import Space
from model_server.presets import is_path
from search import spelling

Array = npt.NDArray[np.float32]

SENSE = ("typicality", "spelling", "known")  # of the query alone
ANSWER = ("similarity", "height", "crest", "margin", "size")  # of the hit in its library
FEATURES = SENSE + ANSWER
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
    known: float  # share of letters in words that captions or the tokenizer know whole
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
        return QueryFacts(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def scores(self, similarities: Array, margins: Array, facts: QueryFacts) -> Array:  # noqa: ARG002
        return np.clip(similarities, 0, 1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class References:
    """Embeddings that a query is compared with, and how captions are spelt. Shipped beside the weights."""

    background: Array  # (m, D) predicted embeddings of neutral clips
    captions: Array  # (r, D) embeddings of captions
    caption_texts: list[str]
    letters: spelling.Table
    words: spelling.KnownWords

    def facts(self, query: Array, text: str, library: LibraryFacts) -> QueryFacts:
        against = np.sort(self.background @ query)  # (m,)
        near = np.sort(self.captions @ query)[-N_NEAREST_CAPTIONS:]
        return QueryFacts(
            base=self._base(float(against.mean()), query, library),
            crest=float(against[-N_CREST:].mean()),
            typicality=float(near.mean()),
            spelling=spelling.likeness(text, self.letters),
            known=spelling.known_share(text, self.words),
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


@dataclass(frozen=True)
class Logit:
    """A logistic model over named features."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n, F) rows in the order of FEATURES to (n,)."""
        columns = [FEATURES.index(name) for name in self.names]
        out: npt.NDArray[np.float64] = 1 / (1 + np.exp(-(rows[:, columns] @ np.array(self.weights) + self.bias)))
        return out


@dataclass(frozen=True, eq=False)
class Calibration:
    """The two models, for one version of one model's weights."""

    sense: Logit
    answer: Logit
    cutoff: float  # least score of a hit by default
    references: References
    notice: str = ""

    def facts(self, query: Array, text: str, library: LibraryFacts) -> QueryFacts:
        return self.references.facts(query, text, library)

    def scores(self, similarities: Array, margins: Array, facts: QueryFacts) -> Array:
        rows = features(similarities, margins, facts)
        scores: Array = (self.sense.probability(rows) * self.answer.probability(rows)).astype(np.float32)
        return scores


def features(similarities: Array, margins: Array, facts: QueryFacts) -> npt.NDArray[np.float64]:
    """(n, F) in the order of FEATURES; the margin is the similarity less the best of any other video."""
    similarities = np.asarray(similarities, dtype=np.float64)
    columns = [
        *(np.full_like(similarities, value) for value in (facts.typicality, facts.spelling, facts.known)),
        similarities,
        similarities - facts.base,
        similarities - facts.crest,
        np.asarray(margins, dtype=np.float64),
        np.full_like(similarities, facts.size),
    ]
    return np.stack(columns, axis=1)


def directory(model: str) -> Path:
    """Where a model's weights lie, and its calibration beside them."""
    return Path(model) if is_path(model) else Path(model_server.__file__).parent / "weights" / model


def fitted_for(space: Space, name: str) -> Path | None:
    """The file of this name that was fitted for the space's weights: beside the checkpoint in use, or the preset's."""
    for model in (space.chosen_as or settings.SEEKFRAME_MODEL, space.model):
        path = directory(model) / name
        if path.exists() and json.loads(path.read_text())["version"] == space.version:
            return path
    return None


def scorer_for(space: Space) -> Scorer:
    """The calibration fitted for the space's weights, or the plain cosine and a sentence that says so."""
    path = fitted_for(space, "calibration.json")
    return PlainSimilarity(unfitted(space)) if path is None else load(path, path.stat().st_mtime_ns)


def unfitted(space: Space) -> str:
    return f"Scores are plain similarities, not probabilities: nothing was fitted for {space.model} {space.version}."


@lru_cache(maxsize=4)
def load(path: Path, changed_ns: int) -> Calibration:  # noqa: ARG001  # a file written anew is read anew
    fitted = json.loads(path.read_text())
    with np.load(path.with_name("background.npz"), allow_pickle=False) as arrays:
        references = References(
            background=unpack(arrays["background"]),
            captions=unpack(arrays["captions"]),
            caption_texts=bytes(arrays["caption_texts"]).decode().split("\n"),
            letters=arrays["letters"].astype(np.float32),
            words=arrays["words"],
        )
    sense, answer = (logit(fitted[part]) for part in ("sense", "answer"))
    return Calibration(sense, answer, fitted["cutoff"], references)


def logit(stored: dict[str, Any]) -> Logit:
    return Logit(tuple(stored["weights"]), tuple(stored["weights"].values()), stored["bias"])


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
