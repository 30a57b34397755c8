"""Label sets: every segment of a library by the name it comes nearest to, from stored embeddings alone.

A name is scored as a query is, with the same calibration; what stays under the cut-off is kept as a guess and said to
be one. It may be killed at any line and run again: batches are stored whole, and only segments without a name are
looked at.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from indexer.models import Label, LabelSet, Segment, SegmentLabel, Space
from indexer.selectors import is_present
from indexer.spaces import active_space, embedding_expression
from model_server.engine import Engine
from search import library
from search.calibrate import LibraryFacts, QueryFacts, Scorer, scorer_for
from search.encoding import encode
from search.query import normalise
from search.retrieve import Pool, count_anchors

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]

BATCH = 1000  # segments
MAX_LABELS = 200
TURN_S = 20.0  # then other label sets have their turn


@dataclass(frozen=True, eq=False)
class Names:
    """The labels of a set in a space, and what turns cosines with them into scores."""

    labels: list[Label]
    embeddings: Array  # (l, D)
    facts: list[QueryFacts]
    scorer: Scorer


@dataclass(frozen=True)
class Progress:
    n_segments: int
    n_labelled: int

    @property
    def is_done(self) -> bool:
        return self.n_labelled >= self.n_segments


@transaction.atomic
def label_set_create(*, library_id: UUID, name: str, names: Sequence[str]) -> LabelSet:
    """IntegrityError where the library has a set of that name."""
    made = LabelSet.objects.create(library_id=library_id, name=name)
    Label.objects.bulk_create([Label(label_set=made, name=text, place=i) for i, text in enumerate(names)])
    return made


def unlabelled(label_set: LabelSet, space: Space) -> QuerySet[Segment]:
    has_one = SegmentLabel.objects.filter(segment_id=OuterRef("pk"), label_set=label_set)
    return segments_of(label_set, space).filter(~Exists(has_one))


def segments_of(label_set: LabelSet, space: Space) -> QuerySet[Segment]:
    present = Segment.objects.filter(is_present("video__"))
    return present.filter(library_id=label_set.library_id, space=space)


def progress(label_set: LabelSet) -> Progress:
    space = active_space()
    if space is None:
        return Progress(0, 0)
    total = segments_of(label_set, space).count()
    return Progress(total, total - unlabelled(label_set, space).count())


def label_waiting(engine: Engine) -> None:
    """Every set that has segments without a name. EngineError where the model is away or has changed."""
    space = active_space()
    if space is None:
        return
    for label_set in LabelSet.objects.order_by("created_at"):
        if unlabelled(label_set, space).exists():
            label_missing(label_set, engine)


def label_missing(label_set: LabelSet, engine: Engine) -> None:
    """Name the segments that have no name yet, for a while."""
    space, started = active_space(), time.monotonic()
    if space is None or not label_set.labels.exists():
        return
    names = names_of(label_set, space, engine)
    n_done = 0
    while time.monotonic() - started < TURN_S and (n := label_batch(label_set, space, names)):
        n_done += n
    log.info("segments_labelled", extra={"label_set_id": label_set.pk, "n_segments": n_done})


def names_of(label_set: LabelSet, space: Space, engine: Engine) -> Names:
    labels = list(label_set.labels.all())
    embeddings = encode([normalise(label.name) for label in labels], space, engine)
    scorer, pool = scorer_for(space), Pool(space, (label_set.library_id,))
    known = LibraryFacts(count_anchors(pool), library.mean_embedding(space, pool.library_ids))
    facts = [scorer.facts(e, label.name, known) for e, label in zip(embeddings, labels, strict=True)]
    return Names(labels, embeddings, facts, scorer)


@transaction.atomic
def label_batch(label_set: LabelSet, space: Space, names: Names) -> int:
    """The next segments; how many there were. Their rows are held, so that a new index comes before or after."""
    if not LabelSet.objects.select_for_update(no_key=True).filter(pk=label_set.pk).exists():
        return 0  # deleted meanwhile
    chosen = unlabelled(label_set, space).order_by("pk").select_for_update(no_key=True, of=("self",))[:BATCH]
    ids = [segment.pk for segment in chosen]
    if not ids:
        return 0
    scores = score_segments(space, ids, names)  # (n, l)
    best = scores.argmax(axis=1)
    SegmentLabel.objects.bulk_create(
        SegmentLabel(
            segment_id=key,
            label_set=label_set,
            label=names.labels[k],
            score=float(scores[i, k]),
            sure=bool(scores[i, k] >= names.scorer.cutoff),
        )
        for i, (key, k) in enumerate(zip(ids, best.tolist(), strict=True))
    )
    return len(ids)


def score_segments(space: Space, segment_ids: list[int], names: Names) -> Array:
    """(n, l): of each segment its best anchor's score with each name. A segment without anchors has nought."""
    place = {key: i for i, key in enumerate(segment_ids)}
    sql = (
        f"SELECT segment_id, {embedding_expression(space)} FROM indexer_anchor "
        f"WHERE space_id = {space.pk:d} AND segment_id = ANY(%s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [segment_ids])
        rows = cursor.fetchall()
    similarities = np.full((len(segment_ids), len(names.labels)), -1.0, np.float32)
    if rows:
        embeddings = np.stack([library.read_vector(value) for _, value in rows])  # (a, D)
        np.maximum.at(similarities, [place[key] for key, _ in rows], embeddings @ names.embeddings.T)
    # A name has no rival video to lead: the shipped background stands in for it, as in a library of one video.
    columns = [
        names.scorer.scores(similarities[:, k], similarities[:, k] - facts.crest, facts)
        for k, facts in enumerate(names.facts)
    ]
    return np.stack(columns, axis=1)
