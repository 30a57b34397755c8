"""Videos that look like copies of each other: encoded anew, cropped, or cut out of one another. Told from streams.

First a sieve by the mean of each stream. Then, of the pairs that pass, the share of the shorter one's windows that the
other shows too. The limits were measured on made copies (docs/library.md).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import Q

from indexer.models import Library, LikelyCopy, Space, Video
from indexer.selectors import is_present, videos_present
from indexer.spaces import active_space
from indexer.streams import read_stream

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float32]

WHOLES_ALIKE = 0.8  # cosine of two streams' means
PART_ALIKE = 0.5  # cosine of the shorter one's mean with the nearest window of the longer one
WINDOW_ALIKE = 0.88  # least cosine of a window with its nearest in the other
LEAST_SHARE = 0.6  # of the shorter one's windows
SHOWN = 20


@dataclass(frozen=True)
class Pair:
    first: UUID
    second: UUID
    share: float


def copies_find(library: Library) -> int:
    """Compare the library's videos and keep what looks like copies in place of what was kept before; how many pairs."""
    space = active_space()
    pairs = [] if space is None else list(pairs_in(library, space))
    with transaction.atomic():
        # Held, so that two comparisons at once write one after the other.
        Library.objects.select_for_update(no_key=True).get(pk=library.pk)
        LikelyCopy.objects.filter(first__library=library).delete()
        present = set(videos_present().filter(library=library).values_list("pk", flat=True))
        kept = [pair for pair in pairs if {pair.first, pair.second} <= present]
        LikelyCopy.objects.bulk_create(
            LikelyCopy(first_id=pair.first, second_id=pair.second, share=pair.share) for pair in kept
        )
    log.info("copies_found", extra={"library_id": str(library.pk), "n_pairs": len(kept)})
    return len(kept)


def copies_in(library: Library) -> list[LikelyCopy]:
    """What the last comparison found, of videos that are still there."""
    both = is_present("first__") & is_present("second__") & Q(first__library=library)
    return list(LikelyCopy.objects.filter(both).select_related("first", "second")[:SHOWN])


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


def said(pairs: Sequence[LikelyCopy]) -> Iterator[str]:
    """A line for each, for the command line."""
    for pair in pairs:
        yield f"{pair.share:4.0%}  {pair.first.title}  =  {pair.second.title}"
