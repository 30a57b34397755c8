"""Videos that look like copies of each other: encoded anew, cropped, or cut out of one another. Told from streams.

First a sieve by the mean of each stream. Then, of the pairs that pass, the share of the shorter one's windows that the
other shows too. The limits were measured on made copies (docs/library.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import connection

from indexer.models import Library, Space, Video
from indexer.selectors import videos_present
from indexer.spaces import embedding_expression
from indexer.streams import read_stream
from search.library import read_vector
from search.retrieve import Pool, count_anchors, nearest_anchors

Array = npt.NDArray[np.float32]

WHOLES_ALIKE = 0.8  # cosine of two streams' means
PART_ALIKE = 0.5  # cosine of the shorter one's mean with the nearest window of the longer one
WINDOW_ALIKE = 0.88  # least cosine of a window with its nearest in the other
LEAST_SHARE = 0.6  # of the shorter one's windows
ASKED = 200  # anchors of a new video by which its library is asked, spread over its length
NEAREST = 10  # anchors of others that each of them brings


@dataclass(frozen=True)
class Pair:
    first: UUID
    second: UUID
    share: float


def pairs_in(library: Library, space: Space) -> Iterator[Pair]:
    """Two streams are held at a time, however large the library; each is read twice, and once more a candidate."""
    videos = list(
        videos_present().filter(library=library, streams__space=space).distinct().order_by("created_at", "id")
    )
    means, lengths = facts_of(videos, space)
    for i, video in enumerate(videos):
        own = windows_of(video, space)
        for j in candidates(own, i, means, lengths):
            share = shared(own, windows_of(videos[j], space))
            if share >= LEAST_SHARE:
                older, newer = sorted((i, j))
                yield Pair(videos[older].pk, videos[newer].pk, share)


def pairs_with(video: Video, space: Space) -> Iterator[Pair]:
    """Of a new video, without reading all the others: those whose anchors lie nearest to its own, compared in full."""
    pool = Pool(space, (video.library_id,), without=(video.pk,))
    n_anchors = count_anchors(pool)
    near = [found for asked in anchors_of(video, space) for found in nearest_anchors(pool, asked, n_anchors)[:NEAREST]]
    own = windows_of(video, space)
    for other in Video.objects.filter(pk__in={found.video_id for found in near}).order_by("created_at", "id"):
        share = shared(own, windows_of(other, space))
        if share >= LEAST_SHARE:
            older, newer = sorted((video, other), key=lambda one: (one.created_at, one.pk))
            yield Pair(older.pk, newer.pk, share)


def anchors_of(video: Video, space: Space) -> list[Array]:
    sql = (
        f"SELECT {embedding_expression(space)} FROM indexer_anchor "
        f"WHERE space_id = {space.pk:d} AND video_id = %s ORDER BY start_s, id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [video.pk])
        rows = [read_vector(row[0]) for row in cursor.fetchall()]
    return rows[:: max(1, -(-len(rows) // ASKED))]


def facts_of(videos: Sequence[Video], space: Space) -> tuple[Array, npt.NDArray[np.int64]]:
    """(v, D) the mean of each stream and (v,) how many windows it has."""
    means, lengths = np.zeros((len(videos), space.dim), np.float32), np.zeros(len(videos), np.int64)
    for i, video in enumerate(videos):
        windows = windows_of(video, space)
        means[i], lengths[i] = unit(windows.mean(axis=0, keepdims=True))[0], len(windows)
    return means, lengths


def candidates(own: Array, i: int, means: Array, lengths: npt.NDArray[np.int64]) -> list[int]:
    """The videos no longer than the i-th, whose windows are `own`, that may be a copy or a part of it.

    Alike as a whole, by the two means; or the shorter one's mean is like a moment of the longer one. The mean alone
    would not know a clip again that was cut out of a long film with many scenes.
    """
    places = np.arange(len(means))
    shorter = (lengths < lengths[i]) | ((lengths == lengths[i]) & (places < i))  # of equals each pair once
    whole, part = means @ means[i], (own @ means.T).max(axis=0)  # (v,)
    return [int(j) for j in np.flatnonzero(shorter & ((whole >= WHOLES_ALIKE) | (part >= PART_ALIKE)))]


def shared(a: Array, b: Array) -> float:
    """The share of the shorter stream's windows whose best cosine in the other is high: (n, D) and (m, D) of length 1.

    >>> two, three = np.eye(4, dtype=np.float32)[:2], np.eye(4, dtype=np.float32)[1:]
    >>> shared(two, three), shared(three, three)
    (0.5, 1.0)
    """
    shorter, longer = sorted((a, b), key=len)
    if not len(shorter):
        return 0.0
    return float(((shorter @ longer.T).max(axis=1) >= WINDOW_ALIKE).mean())


def windows_of(video: Video, space: Space) -> Array:
    """(n, D), each of length 1: what is stored was rounded."""
    _, windows = read_stream(video, space)
    return unit(windows)


def unit(rows: Array) -> Array:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-6), np.float32)
