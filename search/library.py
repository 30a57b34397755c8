"""What the searched libraries hold: their mean embedding, for calibration, and a sample to describe them by."""

import hashlib
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.core.cache import cache
from django.db import connection

from indexer.models import Space
from indexer.spaces import embedding_expression
from search.calibrate import References
from search.filters import PRESENT

Array = npt.NDArray[np.float32]

SAMPLE = 2000  # anchors a library's mean is taken over: more would not move it
DESCRIBE = 500  # anchors looked at to say what the libraries hold
FRESH_S = 60  # a mean may lag behind uploads by so much


def mean_embedding(space: Space, library_ids: tuple[UUID, ...]) -> Array | None:
    """The mean over the libraries' anchors, each library weighing as much as its sample; None where all are empty."""
    kept = cache.get_many([_key(space, library_id) for library_id in library_ids])
    parts = [kept.get(_key(space, library_id)) or _measured(space, library_id) for library_id in library_ids]
    total = sum(n for n, _ in parts)
    if not total:
        return None
    mean: Array = sum((n / total * mean for n, mean in parts if n), np.zeros(space.dim, np.float32))
    return mean


def sample(space: Space, library_ids: tuple[UUID, ...]) -> Array:
    """(n, D) some of the anchors of the libraries."""
    sql = f"SELECT {embedding_expression(space)} FROM {_anchors(space)} AND a.library_id = ANY(%s) LIMIT {DESCRIBE}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(library_ids)])
        rows = [read_vector(row[0]) for row in cursor.fetchall()]
    return np.stack(rows) if rows else np.empty((0, space.dim), np.float32)


def typical(space: Space, library_ids: tuple[UUID, ...], references: References) -> list[str]:
    """What the libraries seem to hold, in the words of captions; looked up once in a while, as it changes slowly."""
    names = ":".join(sorted(str(i) for i in library_ids))
    key = f"library-typical:{space.pk}:{hashlib.sha256(names.encode()).hexdigest()}"  # short for any number of them
    found: list[str] | None = cache.get(key)
    if found is None:
        found = references.typical(sample(space, library_ids))
        cache.set(key, found, FRESH_S)
    return found


def _key(space: Space, library_id: UUID) -> str:
    return f"library-mean:{space.pk}:{library_id}"


def _measured(space: Space, library_id: UUID) -> tuple[int, Array]:
    found = _measure(space, library_id)
    cache.set(_key(space, library_id), found, FRESH_S)
    return found


def _measure(space: Space, library_id: UUID) -> tuple[int, Array]:
    sql = (
        f"SELECT count(*), avg({embedding_expression(space)}) FROM "
        f"(SELECT embedding FROM {_anchors(space)} AND a.library_id = %s LIMIT {SAMPLE}) AS sampled"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [library_id])
        n, mean = cursor.fetchone()
    return (int(n), read_vector(mean)) if n else (0, np.zeros(space.dim, np.float32))


def _anchors(space: Space) -> str:
    """Those of videos that are present."""
    return f"indexer_anchor a JOIN indexer_video v ON v.id = a.video_id AND {PRESENT} WHERE a.space_id = {space.pk:d}"


def read_vector(vector: Any) -> Array:
    """pgvector's text, '[0.1,0.2]'."""
    return np.fromstring(str(vector).strip("[]"), dtype=np.float32, sep=",")
