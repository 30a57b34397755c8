"""The pairs that look like copies: found, kept, and dismissed by people who know better.

A pair that was dismissed stays where it is, so that no later comparison brings it back.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from indexer.models import Library, LikelyCopy, Space, Video
from indexer.selectors import Person, is_present, videos_present, videos_visible_to
from indexer.spaces import active_space
from search.copies import Pair, pairs_in, pairs_with

log = logging.getLogger(__name__)

SHOWN = 20
TURN_S = 60.0  # the next beat goes on where this one stopped


def copies_find(library: Library) -> int:
    """Compare the library's videos and keep what looks like copies in place of what was kept before; how many pairs."""
    space = active_space()
    pairs = [] if space is None else list(pairs_in(library, space))
    n_kept = _keep(library, LikelyCopy.objects.filter(first__library=library), pairs)
    log.info("copies_found", extra={"library_id": str(library.pk), "n_pairs": n_kept})
    return n_kept


def copies_find_new() -> None:
    """Compare what was indexed since it was last compared with the rest of its library, for a while."""
    space, started = active_space(), time.monotonic()
    if space is None:
        return
    for video in _uncompared(space):
        if time.monotonic() - started > TURN_S:
            return
        own = LikelyCopy.objects.filter(Q(first=video) | Q(second=video))
        n_kept = _keep(video.library, own, pairs_with(video, space))
        # As it was when it was read: one that was indexed anew meanwhile is compared anew.
        Video.objects.filter(pk=video.pk, indexed_at=video.indexed_at).update(copies_sought_at=timezone.now())
        log.info("copies_of_new_found", extra={"video_id": str(video.pk), "n_pairs": n_kept})


def _uncompared(space: Space) -> Iterator[Video]:
    waiting = Q(copies_sought_at=None) | Q(copies_sought_at__lt=F("indexed_at"))
    ready = videos_present().filter(waiting, status=Video.Status.READY, indexed_at__isnull=False, streams__space=space)
    return ready.select_related("library").order_by("indexed_at").distinct().iterator(chunk_size=50)


@transaction.atomic
def _keep(library: Library, before: QuerySet[LikelyCopy], pairs: Iterable[Pair]) -> int:
    """`pairs` in place of those before, but for what was dismissed; how many."""
    # Held, so that two comparisons at once write one after the other.
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)
    before.filter(dismissed_at=None).delete()
    dismissed = set(LikelyCopy.objects.filter(first__library=library).values_list("first", "second"))
    present = set(videos_present().filter(library=library).values_list("pk", flat=True))
    kept = [
        pair for pair in pairs if {pair.first, pair.second} <= present and (pair.first, pair.second) not in dismissed
    ]
    LikelyCopy.objects.bulk_create(
        LikelyCopy(first_id=pair.first, second_id=pair.second, share=pair.share) for pair in kept
    )
    return len(kept)


def copies_of_library(library: Library, *, dismissed: bool = False) -> QuerySet[LikelyCopy]:
    """What comparisons found, of videos that are still there."""
    both = is_present("first__") & is_present("second__") & Q(first__library=library)
    return LikelyCopy.objects.filter(both, dismissed_at__isnull=not dismissed).select_related("first", "second")


def copies_in(library: Library, *, dismissed: bool = False) -> list[LikelyCopy]:
    """The likeliest of them."""
    return list(copies_of_library(library, dismissed=dismissed)[:SHOWN])


def copies_of(videos: Sequence[Video], person: Person) -> dict[UUID, list[tuple[LikelyCopy, Video]]]:
    """By video: each pair it is in, with the other one, where this person may see that."""
    ids = [video.pk for video in videos]
    pairs = LikelyCopy.objects.filter(Q(first__in=ids) | Q(second__in=ids), dismissed_at=None)
    found = list(pairs)
    others = videos_visible_to(person).in_bulk({key for pair in found for key in (pair.first_id, pair.second_id)})
    looks_like: dict[UUID, list[tuple[LikelyCopy, Video]]] = {key: [] for key in ids}
    for pair in found:
        for key, other in ((pair.first_id, pair.second_id), (pair.second_id, pair.first_id)):
            if key in looks_like and other in others:
                looks_like[key].append((pair, others[other]))
    return looks_like


def copy_dismiss(*, copy: LikelyCopy) -> None:
    """Somebody looked: it is none."""
    LikelyCopy.objects.filter(pk=copy.pk, dismissed_at=None).update(dismissed_at=timezone.now())


def copy_restore(*, copy: LikelyCopy) -> None:
    LikelyCopy.objects.filter(pk=copy.pk).update(dismissed_at=None)


def said(pairs: Sequence[LikelyCopy]) -> Iterator[str]:
    """A line for each, for the command line."""
    for pair in pairs:
        yield f"{pair.share:4.0%}  {pair.first.title}  =  {pair.second.title}"
