"""Why a moment is a hit: its best second, its score beside the cut-off, and what it looks most like in words."""

from dataclasses import dataclass

import numpy as np

from indexer.models import Caption, Video
from indexer.spaces import active_space
from indexer.streams import read_stream
from indexer.words import UNSURE_BELOW
from model_server.engine import Engine
from search.ask import span_at
from search.calibrate import Calibration, scorer_for
from search.timeline import heat_map

N_PHRASES = 3


@dataclass(frozen=True)
class Phrase:
    """A caption of some other picture, and its cosine with what is seen here."""

    text: str
    similarity: float


@dataclass(frozen=True)
class Explanation:
    best_s: float
    score: float
    similarity: float
    cutoff: float
    caption: str  # of the segment; empty where there is none
    agreement: float | None
    phrases: list[Phrase]  # nearest first; none where no calibration was fitted for the weights

    @property
    def is_hit(self) -> bool:
        return self.score >= self.cutoff

    @property
    def unsure(self) -> bool:
        return self.agreement is not None and self.agreement < UNSURE_BELOW


def explain(video: Video, text: str, at_s: float, engine: Engine) -> Explanation | None:
    """The best second of the segment that `at_s` lies in; None before the video is indexed, or where nothing is asked.

    EngineError where the model is away.
    """
    space = active_space()
    steps = heat_map(video, text, engine)
    span = span_at(video, space, at_s) if space else None
    inside = [step for step in steps if span and step.start_s < span[1] and step.end_s > span[0]]
    if space is None or span is None or not inside:
        return None
    best = max(inside, key=lambda step: step.score)
    best_s = (best.start_s + best.end_s) / 2
    said = Caption.objects.filter(video=video, space=space, start_s=span[0], end_s=span[1]).first()
    times, embeddings = read_stream(video, space, *span)
    seen = embeddings[int(np.abs(times.mean(axis=1) - best_s).argmin())]
    scorer = scorer_for(space)
    return Explanation(
        best_s=best_s,
        score=best.score,
        similarity=best.similarity,
        cutoff=scorer.cutoff,
        caption=said.text if said else "",
        agreement=said.agreement if said else None,
        phrases=nearest(scorer, seen) if isinstance(scorer, Calibration) else [],
    )


def nearest(scorer: Calibration, seen: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[Phrase]:
    similarity = scorer.references.captions @ seen
    order = np.argsort(-similarity)[:N_PHRASES]
    return [Phrase(scorer.references.caption_texts[i], float(similarity[i])) for i in order]
