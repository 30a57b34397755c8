"""A text in the active space, and what turns its cosines with windows into scores."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from search import library
from search.calibrate import LibraryFacts, QueryFacts, Scorer, scorer_for
from search.likeness import likeness_for
from search.refine import Windows
from search.retrieve import Pool

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Meaning:
    """A text in the active space, and what turns its cosines into scores."""

    embedding: Array  # (D,)
    scorer: Scorer
    facts: QueryFacts


def meaning_of(text: str, embedding: Array, pool: Pool, n_anchors: int) -> Meaning:
    return _scored_by(scorer_for(pool.space), text, embedding, pool, n_anchors)


def likeness_of(embedding: Array, kind: str, pool: Pool, n_anchors: int) -> Meaning:
    """Something shown, alone or with words: what its cosine with a window says of it."""
    return _scored_by(likeness_for(pool.space, kind), "", embedding, pool, n_anchors)


def _scored_by(scorer: Scorer, text: str, embedding: Array, pool: Pool, n_anchors: int) -> Meaning:
    facts = LibraryFacts(n_anchors, library.mean_embedding(pool.space, pool.library_ids))
    return Meaning(embedding, scorer, scorer.facts(embedding, text, facts))


def score_windows(windows: dict[UUID, Windows], meaning: Meaning) -> dict[UUID, Array]:
    """The calibrated score of every window; its margin is to the best window of any other video."""
    best = sorted(((w.best, video_id) for video_id, w in windows.items()), reverse=True)
    scores = {}
    for video_id, w in windows.items():
        # A library of one video has no other: the background stands in for it.
        other = next((s for s, other_id in best if other_id != video_id), meaning.facts.crest)
        scores[video_id] = meaning.scorer.scores(w.similarities, w.similarities - other, meaning.facts)
    return scores
