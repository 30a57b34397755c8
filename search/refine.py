"""Exact window scores from the stream, for the few videos that matter: the moments of a video and its heat line."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

from indexer import streams
from indexer.models import Space

Array = npt.NDArray[np.float32]

Spans = list[tuple[float, float]]

MAX_MOMENTS = 5  # of one video
MAX_HEAT_STEPS = 60
EDGE = 0.3  # a moment ends where the similarity has lost this share of its height above the background ...
CUT_EDGE = 0.15  # ... and where it has lost this share over a cut: another shot is often another scene
SAME_S = 0.01  # windows that meet without overlap were kept to two shots (model_server.frames.shots)


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of one video in time order, with their cosine with the query."""

    times: Array  # (n, 2) start_s, end_s
    similarities: Array  # (n,)

    @property
    def peak(self) -> int:
        """The place of the best window."""
        return int(self.similarities.argmax())

    @property
    def best(self) -> float:
        return float(self.similarities[self.peak])

    @property
    def middles(self) -> Array:
        """(n,) seconds."""
        middles: Array = self.times.mean(axis=1)
        return middles

    def at(self, second: float) -> float:
        """The similarity of the window whose middle is nearest."""
        return float(self.similarities[int(np.abs(self.middles - second).argmin())])

    def where(self, kept: npt.NDArray[np.bool_]) -> "Windows":
        """Those of the windows that are kept (n,)."""
        return Windows(self.times[kept], self.similarities[kept])


@dataclass(frozen=True)
class Moment:
    """A run of windows about its best one: `peak` is that window's place."""

    first: int
    last: int
    peak: int


def read_windows(space: Space, texts: Array, spans: dict[UUID, Spans]) -> list[dict[UUID, Windows]]:
    """For each of the texts (k, D) the windows of each video by their cosine with it, in the ten-minute rows of its
    stream that hold one of the spans. The rows are read once."""
    scored: dict[UUID, list[tuple[Array, Array]]] = {}
    for video_id, times, embeddings in _read_rows(space, spans):
        similarities = streams.unpack_embeddings(embeddings, space.dim) @ texts.T  # (n, k)
        scored.setdefault(video_id, []).append((streams.unpack_times(times), similarities))
    joined = {
        video_id: (np.concatenate([t for t, _ in rows]), np.concatenate([s for _, s in rows]))
        for video_id, rows in scored.items()
    }
    return [
        {video_id: Windows(times, similarities[:, k]) for video_id, (times, similarities) in joined.items()}
        for k in range(len(texts))
    ]


def _read_rows(space: Space, spans: dict[UUID, Spans]) -> Iterator[tuple[UUID, bytes, bytes]]:
    """Rows in time order, in Postgres' binary format: as text, bytes are sent as hexadecimals, twice as long.

    A video of one row is read whole.
    """
    sql = """
        WITH wanted AS (
            SELECT * FROM unnest(%(videos)s::uuid[], %(starts)s::float8[], %(ends)s::float8[]) AS w (video_id, a, b)
        )
        SELECT s.video_id, s.times, s.embeddings FROM indexer_stream s
        WHERE s.space_id = %(space)s AND s.video_id = ANY(%(all)s)
            AND (EXISTS (SELECT 1 FROM wanted w WHERE w.video_id = s.video_id AND w.a < s.end_s AND s.start_s < w.b)
                OR NOT EXISTS (SELECT 1 FROM indexer_stream o
                    WHERE o.video_id = s.video_id AND o.space_id = s.space_id AND o.id <> s.id))
        ORDER BY s.video_id, s.part
    """
    flat = [(video_id, start_s, end_s) for video_id, own in spans.items() for start_s, end_s in own]
    videos, starts, ends = ([list(column) for column in zip(*flat, strict=True)]) if flat else ([], [], [])
    given = {"space": space.pk, "all": list(spans), "videos": videos, "starts": starts, "ends": ends}
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:  # Django's own cursors read text alone
        yield from cursor.stream(sql, given, binary=True)


def within(windows: dict[UUID, Windows], spans: dict[UUID, Spans]) -> dict[UUID, Windows]:
    """The windows whose middle lies in a span; videos that have none are left out."""
    kept = {}
    for video_id, w in windows.items():
        inside = np.zeros(len(w.times), bool)
        for start_s, end_s in spans.get(video_id, []):
            inside |= (w.middles >= start_s) & (w.middles < end_s)
        if inside.any():
            kept[video_id] = w.where(inside)
    return kept


def moments(windows: Windows, scores: Array, cutoff: float, base: float, limit: int = MAX_MOMENTS) -> list[Moment]:
    """Up to `limit` runs of windows about the best ones whose score reaches the cut-off, best first; none overlap."""
    free = np.ones(len(scores), dtype=bool)
    found: list[Moment] = []
    while len(found) < limit and free.any():
        peak = int(np.where(free, windows.similarities, -np.inf).argmax())
        if scores[peak] < cutoff:
            break
        moment = _grow(windows, free, peak, base)
        found.append(moment)
        start_s, end_s = windows.times[moment.first, 0], windows.times[moment.last, 1]
        free &= (windows.times[:, 1] <= start_s) | (windows.times[:, 0] >= end_s)
    return found


def _grow(windows: Windows, free: npt.NDArray[np.bool_], peak: int, base: float) -> Moment:
    """From the peak both ways, while windows are free, touch, and stay above the edge."""
    top = float(windows.similarities[peak])
    height = max(top - base, 0)
    shared_s = windows.times[:-1, 1] - windows.times[1:, 0]  # (n - 1,) of each window with the next
    edges = top - height * np.where(shared_s > SAME_S, EDGE, CUT_EDGE)
    inside = np.stack([windows.similarities[:-1], windows.similarities[1:]]) >= edges  # (2, n - 1)
    backwards, onwards = (shared_s > -SAME_S) & inside & np.stack([free[:-1], free[1:]])
    first = last = peak
    while first > 0 and backwards[first - 1]:
        first -= 1
    while last < len(onwards) and onwards[last]:
        last += 1
    return Moment(first, last, peak)


def heat(windows: Windows, values: Array, duration_s: float, n_steps: int) -> list[float]:
    """The mean of the windows that cover each of `n_steps` equal steps; nought where none was read."""
    edges = np.linspace(0, duration_s, n_steps + 1)
    starts, ends = windows.times[:, :1], windows.times[:, 1:]
    covers = (starts < edges[1:]) & (ends > edges[:-1])  # (n, steps)
    total, n = (values[:, None] * covers).sum(axis=0), covers.sum(axis=0)
    return [float(x) for x in np.where(n > 0, total / np.maximum(n, 1), 0)]


def heat_steps(windows: Windows, duration_s: float, at_most: int = MAX_HEAT_STEPS) -> int:
    """Steps of a heat line: one a stride, within reason."""
    stride_s = float(np.median(np.diff(windows.times[:, 0]))) if len(windows.times) > 1 else duration_s
    return int(np.clip(round(duration_s / max(stride_s, 0.1)), 1, at_most))
