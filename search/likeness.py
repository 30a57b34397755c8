"""From a cosine with something shown to the probability that a hit is right (docs/search.md).

A logistic line over the cosine for what is shown alone and one for what is shown with words, fitted by
`manage.py fit_likeness` for one version of the weights.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.models import Space
from search.calibrate import LibraryFacts, PlainSimilarity, QueryFacts, Scorer, fitted_for, unfitted

Array = npt.NDArray[np.float32]

PLAIN_CUTOFF = 0.6  # cosine: used only where no fit matches the weights
FILE = "likeness.json"
ALONE, WITH_WORDS = "alone", "with_words"


@dataclass(frozen=True)
class Likeness:
    """A scorer for what is shown: neither words nor the rest of the library change how alike two pictures are."""

    weight: float  # log odds for a cosine of one
    bias: float
    cutoff: float
    notice: str = ""

    def facts(self, query: Array, text: str, library: LibraryFacts) -> QueryFacts:  # noqa: ARG002
        base = float(library.mean @ query) if library.mean is not None else 0.0
        return QueryFacts(base, 0.0, 0.0, 0.0, 0.0, 0.0)

    def scores(self, similarities: Array, margins: Array, facts: QueryFacts) -> Array:  # noqa: ARG002
        scores: Array = (1 / (1 + np.exp(-(self.weight * similarities + self.bias)))).astype(np.float32)
        return scores


def likeness_for(space: Space, kind: str) -> Scorer:
    """The line of this kind fitted for the space's weights, or the plain cosine and a sentence that says so."""
    path = fitted_for(space, FILE)
    if path is None:
        return PlainSimilarity(unfitted(space), PLAIN_CUTOFF)
    line = _load(path, path.stat().st_mtime_ns)[kind]
    return Likeness(line["weight"], line["bias"], line["cutoff"])


@lru_cache(maxsize=4)
def _load(path: Path, changed_ns: int) -> dict[str, Any]:  # noqa: ARG001  # a file written anew is read anew
    fitted: dict[str, Any] = json.loads(path.read_text())
    return fitted
