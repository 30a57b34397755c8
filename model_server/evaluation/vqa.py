"""Discriminative visual question answering (paper table 1): candidate answers by the y-encoder, the nearest wins.

The question is the predictor's prompt. Weights that know one prompt alone (stage 1) cannot hear it: for them each
candidate is put as a statement, or joined to the question where the data set gives none; the row says so.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model_server.engine import Embeddings
from model_server.evaluation.rows import Row, Scale, Where, mean_row
from model_server.evaluation.streams import Media, Watcher

MOST_JOINED = 32  # candidates that are joined to the question: more would be a new list of texts for every question
HEARD = "the question is the prompt"
STATED = "one fixed prompt: answers put as statements"
JOINED = "one fixed prompt: the question joined to each answer"
UNHEARD = "one fixed prompt: answers alone, the question is not heard"


@dataclass(frozen=True)
class Question:
    """One question about a photo or clip. `statements`, where given, say each answer in a sentence of its own."""

    media: Media
    text: str
    answers: tuple[str, ...]
    right: int  # place in `answers`
    statements: tuple[str, ...] = ()
    group: str = ""  # the part of the benchmark it belongs to


@dataclass(frozen=True)
class VqaSet:
    questions: Sequence[Question]
    note: str = ""


def vqa_rows(watcher: Watcher, name: str, task: VqaSet, scale: Scale) -> list[Row]:
    """Accuracy in percent, of all questions and of each group; and the margin.

    The margin is the cosine of the right answer less that of the best wrong one: below 0 where the answer is wrong.
    """
    heard = watcher.takes_prompts()
    predicted = ask(watcher, task.questions) if heard else watcher.predict([q.media for q in task.questions])
    candidates = [(q.answers, HEARD) if heard else put(q) for q in task.questions]
    texts = list(dict.fromkeys(text for options, _ in candidates for text in options))
    place = {text: i for i, text in enumerate(texts)}
    targets = watcher.engine.encode_texts(texts)  # (M, D)
    margins = np.array(
        [
            margin(predicted[i] @ targets[[place[text] for text in options]].T, question.right)
            for i, (question, (options, _)) in enumerate(zip(task.questions, candidates, strict=True))
        ]
    )  # (n,)
    notes = [task.note, *sorted({way for _, way in candidates})]
    where = Where("vqa", name, max(len(options) for options, _ in candidates), "; ".join(n for n in notes if n), scale)
    cosine = Scale(scale.seed, scale.draws, times=1, digits=3)
    rows = [mean_row(where, "accuracy", margins > 0), mean_row(where, "margin (cosine)", margins, cosine)]
    groups = np.array([question.group for question in task.questions])
    for group in sorted(set(groups) - {""}):
        rows.append(mean_row(where, f"accuracy, {group}", margins[groups == group] > 0))
    return rows


def ask(watcher: Watcher, questions: Sequence[Question]) -> Embeddings:
    """(n, D): each clip under its own question; the same question is put to many clips at once."""
    asked = defaultdict(list)
    for i, question in enumerate(questions):
        asked[question.text].append(i)
    found = np.empty((len(questions), watcher.engine.space.dim), np.float32)
    for text, places in asked.items():
        found[places] = watcher.predict([questions[i].media for i in places], text)
    return found


def put(question: Question) -> tuple[tuple[str, ...], str]:
    """The candidates for weights that do not hear the question, and how they were put."""
    if question.statements:
        return question.statements, STATED
    if len(question.answers) <= MOST_JOINED:
        return tuple(f"{question.text} {answer}" for answer in question.answers), JOINED
    return question.answers, UNHEARD


def margin(similarity: Embeddings, right: int) -> float:
    """Cosine of the right answer less the best of the others: similarity (A,)."""
    others = np.delete(similarity, right)
    return float(similarity[right] - others.max())
