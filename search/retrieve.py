"""Candidates: the nearest anchors, and the segments whose title or caption holds the words.

The distance is written exactly as the space's partial index writes it, with a literal space id: written in any other
way, Postgres scans the table and says nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.core.cache import cache
from django.db import connection, transaction

from indexer.models import Space
from indexer.spaces import embedding_expression
from indexer.words import CONFIG
from search.filters import EVERYTHING, PRESENT, Filters
from search.refine import Spans

N_CANDIDATES = 200
EXACT_BELOW = 50_000  # anchors a filter leaves: fewer are scanned one by one, which misses nothing
MANY_FOR_S = 300
N_SPANS = 2  # candidates of a long video whose stream rows are read; a video of one row is read whole
N_SEGMENTS_A_VIDEO = 10  # one title must not fill the list with its own segments
# HNSW walks on until the filter has let enough rows through, in strict order of distance, and no further than the
# scanned tuples say. Sorting every row that the filter leaves is what the index is there to avoid.
WALK_SETTINGS = """
    SET LOCAL hnsw.ef_search = 1000;
    SET LOCAL hnsw.iterative_scan = strict_order;
    SET LOCAL hnsw.max_scan_tuples = 200000;
    SET LOCAL hnsw.scan_mem_multiplier = 8;
    SET LOCAL enable_sort = off
"""


@dataclass(frozen=True)
class Pool:
    """What is searched: one space, the libraries this person may see, and what the search is narrowed to."""

    space: Space
    library_ids: tuple[UUID, ...]
    filters: Filters = EVERYTHING
    phrases: tuple[str, ...] = ()  # stand in the title or the caption, word for word
    without: tuple[UUID, ...] = ()  # videos

    @property
    def picks_segments(self) -> bool:
        """Whether it leaves out segments of a video that it lets in."""
        return self.filters.picks_segments or bool(self.phrases)

    def rows(self, table: str) -> tuple[str, dict[str, Any]]:
        """FROM and WHERE over one table of the space, joined with its videos; only those that are present count."""
        is_segment = table == "indexer_segment"
        chosen, values = self.filters.conditions("t.id" if is_segment else "t.segment_id")
        holds = (
            "t.words @@ {}"
            if is_segment
            else ("EXISTS (SELECT 1 FROM indexer_segment s WHERE s.id = t.segment_id AND s.words @@ {})")
        )
        said = [holds.format(f"phraseto_tsquery('{CONFIG}', %(phrase_{i})s)") for i in range(len(self.phrases))]
        here = [f"t.space_id = {self.space.pk:d}", "t.library_id = ANY(%(libraries)s)", PRESENT]
        here += ["t.video_id <> ALL(%(without)s)"] if self.without else []
        sql = f"FROM {table} t JOIN indexer_video v ON v.id = t.video_id WHERE {' AND '.join([*here, *chosen, *said])}"
        spoken = {f"phrase_{i}": phrase for i, phrase in enumerate(self.phrases)}
        return sql, {"libraries": list(self.library_ids), "without": list(self.without), **values, **spoken}


@dataclass(frozen=True)
class Candidate:
    """A segment, or one anchor of it, that may answer the query."""

    video_id: UUID
    segment_id: int
    start_s: float
    end_s: float
    in_title: bool = False  # found by words: the title alone holds them all; otherwise the caption has a part in it


def nearest_anchors(pool: Pool, query: npt.NDArray[np.float32], n_anchors: int) -> list[Candidate]:
    """The nearest anchors to the query embedding, nearest first; `n_anchors` is how many the filter leaves."""
    if n_anchors == 0:
        return []
    wanted = min(N_CANDIDATES, n_anchors)
    if n_anchors >= EXACT_BELOW:
        found = _walk_index(pool, query)
        if len(found) >= wanted:
            return found
    return scan(pool, query)


def count_anchors(pool: Pool) -> int:
    """How many anchors the filter leaves, counted no further than matters; that they are many is believed for a while.

    Where they have become few in the meantime, the index gives too few and all are scanned after all.
    """
    rows, parameters = pool.rows("indexer_anchor")
    key = f"many-anchors:{hashlib.sha256(repr((pool.space.pk, rows, parameters)).encode()).hexdigest()}"
    if cache.get(key):
        return EXACT_BELOW
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 {rows} LIMIT {EXACT_BELOW}) AS counted", parameters)
        n = int(cursor.fetchone()[0])
    if n == EXACT_BELOW:
        cache.set(key, value=True, timeout=MANY_FOR_S)
    return n


def nearest_sql(pool: Pool, *, exact: bool) -> tuple[str, dict[str, Any]]:
    """The nearest-anchor query. Adding nought to the distance hides it from the index: an exact scan."""
    rows, parameters = pool.rows("indexer_anchor")
    distance = f"({embedding_expression(pool.space)}) <=> %(query)s::halfvec({pool.space.dim:d})"
    order = f"({distance}) + 0, t.id" if exact else distance
    return (
        f"SELECT t.video_id, t.segment_id, t.start_s, t.end_s {rows} ORDER BY {order} LIMIT {N_CANDIDATES}",
        parameters,
    )


def scan(pool: Pool, query: npt.NDArray[np.float32]) -> list[Candidate]:
    """Exactly, whatever it takes."""
    sql, parameters = nearest_sql(pool, exact=True)
    return _fetch(sql, parameters | {"query": literal(query)})


def _walk_index(pool: Pool, query: npt.NDArray[np.float32]) -> list[Candidate]:
    sql, parameters = nearest_sql(pool, exact=False)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(WALK_SETTINGS)
        return _fetch(sql, parameters | {"query": literal(query)})


def spans_around(chosen: Sequence[UUID], *rankings: Sequence[Candidate]) -> dict[UUID, Spans]:
    """Where to look closer in each video: the first few candidates of each ranking."""
    spans: dict[UUID, Spans] = {video_id: [] for video_id in chosen}
    for ranking in rankings:
        taken: Counter[UUID] = Counter()
        for candidate in ranking:
            if candidate.video_id in spans and taken[candidate.video_id] < N_SPANS:
                taken[candidate.video_id] += 1
                spans[candidate.video_id].append((candidate.start_s, candidate.end_s))
    return spans


def spans_of(pool: Pool, video_ids: Sequence[UUID]) -> dict[UUID, Spans]:
    """Where the pool's segments of these videos lie."""
    rows, parameters = pool.rows("indexer_segment")
    sql = f"SELECT t.video_id, t.id, t.start_s, t.end_s {rows} AND t.video_id = ANY(%(videos)s)"
    spans: dict[UUID, Spans] = {}
    for found in _fetch(sql, parameters | {"videos": list(video_ids)}):
        spans.setdefault(found.video_id, []).append((found.start_s, found.end_s))
    return spans


def segments_by_words(pool: Pool, text: str, without: Sequence[str] = ()) -> list[Candidate]:
    """Segments whose title or caption holds every word (stop words aside) and none of what is unwanted, best first."""
    rows, parameters = pool.rows("indexer_segment")
    sql = rf"""
        WITH asked AS (SELECT plainto_tsquery('{CONFIG}', %(text)s) AS words),
        found AS (
            SELECT t.video_id, t.id, t.start_s, t.end_s, ts_rank_cd(t.words, asked.words) AS rank,
                to_tsvector('{CONFIG}', regexp_replace(v.title, '[\W_]+', ' ', 'g')) @@ asked.words AS in_title
            {rows.replace("WHERE", "CROSS JOIN asked WHERE", 1)} AND t.words @@ asked.words
                AND NOT t.words @@ ANY(SELECT phraseto_tsquery('{CONFIG}', u) FROM unnest(%(without)s::text[]) AS u)
        ),
        placed AS (SELECT *, row_number() OVER (PARTITION BY video_id ORDER BY rank DESC, start_s) AS place FROM found)
        SELECT video_id, id, start_s, end_s, in_title FROM placed WHERE place <= {N_SEGMENTS_A_VIDEO}
        ORDER BY rank DESC, video_id, start_s LIMIT {N_CANDIDATES}
    """
    return _fetch(sql, parameters | {"text": text, "without": list(without)})


def literal(embedding: npt.NDArray[np.float32]) -> str:
    """An embedding as pgvector reads it."""
    return "[" + ",".join(f"{x:.6g}" for x in embedding) + "]"


def _fetch(sql: str, parameters: dict[str, Any]) -> list[Candidate]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Candidate(*row) for row in cursor.fetchall()]
