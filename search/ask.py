"""Ask a moment: which of some answers comes nearest to what was predicted there (paper section 4.3).

From stored embeddings: no video is read. `small` hears one prompt alone, so the question cannot be the prompt: each
answer is put as a sentence with it and read by the y-encoder, the nearest wins. Yes or no is whether the statement that
the question makes scores as a query does. The limits below were set on questions made from captions (docs/search.md).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.captions import span_embedding
from indexer.models import Space, Video
from indexer.streams import read_stream
from model_server.engine import Engine
from search.calibrate import LibraryFacts, scorer_for
from search.encoding import encode
from search.results import Verdict

Array = npt.NDArray[np.float32]

YES_NO = {"yes", "no"}
LEAST_MARGIN = 0.03  # cosine of the nearest answer less the next one's: below it the answer is not sure
YES_FROM, NO_BELOW = 0.3, 0.05  # score of the statement; between them the answer is not sure
ALONE = LibraryFacts(1, None)  # a moment is asked for itself, whatever else the library holds

_PLACE = re.compile(r"\s+in (the|this) (picture|video|scene|clip|segment|moment|shot)$", re.IGNORECASE)
_OPENING = re.compile(
    r"^((is|are|was|were) there|(can|do) (you|we|i) see|does (it|this) show|(is|are|was|were|does|do|did|has|have))\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    text: str
    similarity: float  # cosine of its sentence with the moment


@dataclass(frozen=True)
class Asked:
    """Of a question: the answers, nearest first. With yes or no, the one the score speaks for comes first."""

    start_s: float
    end_s: float
    answers: list[Answer]
    margin: float  # cosine between the first and the second
    sure: bool
    score: float | None = None  # of the statement, where yes or no was asked


def ask(video: Video, space: Space, at_s: float, question: str, answers: Sequence[str], engine: Engine) -> Asked | None:
    """The segment that `at_s` lies in, asked; None where the video has no segment. EngineError where the model is away.

    Answers are the ones to choose from, two or more; none, or yes and no, asks for yes or no.
    """
    span = span_at(video, space, at_s)
    if span is None:
        return None
    seen = span_embedding(*read_stream(video, space, *span), span)  # (D,)
    if not answers or {answer.lower() for answer in answers} == YES_NO:
        return yes_or_no(span, seen, question, space, engine)
    sentences = encode([sentence(question, answer) for answer in answers], space, engine)  # (A, D)
    similarity = sentences @ seen
    order = np.argsort(-similarity, kind="stable")
    ranked = [Answer(answers[i], float(similarity[i])) for i in order]
    margin = ranked[0].similarity - ranked[1].similarity
    return Asked(*span, ranked, margin, margin >= LEAST_MARGIN)


def yes_or_no(span: tuple[float, float], seen: Array, question: str, space: Space, engine: Engine) -> Asked:
    said = statement(question)
    embedding = encode([said], space, engine)[0]
    similarity = float(embedding @ seen)
    score = float(statement_scores(embedding, said, np.array([similarity], np.float32), space)[0])
    answer = verdict(score)
    first = answer if answer != "unsure" else ("yes" if score >= (YES_FROM + NO_BELOW) / 2 else "no")
    ranked = [Answer(text, similarity) for text in (first, *sorted(YES_NO - {first}))]
    return Asked(*span, ranked, 0.0, answer != "unsure", score)


def statement_scores(embedding: Array, said: str, similarities: Array, space: Space) -> Array:
    """(n,) the calibrated score of a statement at each of some moments, from its cosine with them (n,).

    No rival video to lead: the shipped background stands in for it.
    """
    scorer = scorer_for(space)
    facts = scorer.facts(embedding, said, ALONE)
    return scorer.scores(similarities, similarities - np.float32(facts.crest), facts)


def verdict(score: float) -> Verdict:
    if score >= YES_FROM:
        return "yes"
    return "no" if score < NO_BELOW else "unsure"


def span_at(video: Video, space: Space, at_s: float) -> tuple[float, float] | None:
    """The last segment that starts no later than the moment."""
    segments = video.segments.filter(space=space).order_by("start_s")
    found = segments.filter(start_s__lte=at_s).last() or segments.first()
    return None if found is None else (found.start_s, found.end_s)


def sentence(question: str, answer: str) -> str:
    """How an answer is put to an encoder that knows captions.

    >>> sentence("What colour is the car?", "red")
    'What colour is the car? red'
    """
    return f"{question.strip()} {answer.strip()}"


def statement(question: str) -> str:
    """What a yes would say.

    >>> statement("Is there a dog in the picture?"), statement("Does a man ride a bike?")
    ('a dog', 'a man ride a bike')
    """
    plain = _PLACE.sub("", question.strip().rstrip("?.! "))
    return _OPENING.sub("", plain).strip() or plain
