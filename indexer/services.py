"""Every write that a person asks for. Keyword-only; state changes by conditional update, and the row count is believed.

What the worker writes while it holds a lease is in `indexer.leases` and `indexer.store`.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from indexer import bells, captions, files, leases, selectors, spaces, words
from indexer.failures import RULES
from indexer.models import Anchor, IndexMode, Library, Membership, Segment, Video
from indexer.signals import trash_emptied, video_deleted
from indexer.tags import tags_set

log = logging.getLogger(__name__)

Status = Video.Status
AT_REST = (Status.READY, Status.FAILED, Status.CANCELLED, Status.QUARANTINED)
TITLE_MAX = 300
DELETED: dict[str, Any] = {
    "status": Status.DELETING,
    "lease_token": None,
    "lease_until": None,
    "media_lease_token": None,
    "caption_lease_token": None,
    "rung_at": None,
}


@transaction.atomic
def library_create(*, name: str, owner: AbstractBaseUser | None, index_mode: str = IndexMode.FULL) -> Library:
    """A library with its owner. Without one only the command line can fill it, and nobody sees it."""
    library = Library(name=name.strip(), index_mode=index_mode)
    library.full_clean()
    library.save()
    if owner is not None:
        Membership.objects.create(library=library, user_id=owner.pk, role=Membership.Role.OWNER)
    return library


def library_rename(*, library: Library, name: str) -> None:
    library.name = name.strip()
    library.full_clean()
    library.save(update_fields=["name"])


def sample_library_ensure(*, name: str) -> Library:
    """The one sample library, which everyone signed in may view and nobody owns."""
    library, _ = Library.objects.get_or_create(is_sample=True, defaults={"name": name})
    return library


@transaction.atomic
def video_create(
    *,
    library: Library,
    uploaded_by: AbstractBaseUser | None,
    title: str,
    original_key: str,
    size_bytes: int,
    sha256: str,
    content_type: str = "",
) -> Video:
    """The row of a file that lies in storage under `original_key` (`files.video_key`), whose id becomes the video's.

    Safe to call again for the same file: the row that is there is returned, and nothing is rung twice.
    """
    video = Video(
        id=files.video_id_of(original_key),
        library=library,
        uploaded_by_id=None if uploaded_by is None else uploaded_by.pk,
        title=clean_title(title),
        original=original_key,
        size_bytes=size_bytes,
        sha256=sha256,
        content_type=content_type,
    )
    video.clean_fields()
    try:
        with transaction.atomic():
            video.save(force_insert=True)
    except IntegrityError:  # announced before, perhaps at this moment by another process
        return Video.objects.get(pk=video.pk)
    bells.ring_on_commit(video.pk, bells.INDEX, bells.MEDIA)
    log.info("video_created", extra={"video_id": str(video.pk), "bytes": size_bytes})
    return video


def video_import(
    *,
    library: Library,
    uploaded_by: AbstractBaseUser | None,
    title: str,
    path: Path,
    sha256: str = "",
    content_type: str = "",
    video_id: uuid.UUID | None = None,
) -> Video:
    """Copy a file of this machine into storage and create its video."""
    key = files.video_key(video_id or uuid.uuid4(), "original")
    files.put(key, path)
    return video_create(
        library=library,
        uploaded_by=uploaded_by,
        title=title,
        original_key=key,
        size_bytes=path.stat().st_size,
        sha256=sha256 or files.sha256_of(path),
        content_type=content_type,
    )


@transaction.atomic
def video_rename(*, video: Video, title: str) -> None:
    """A new title, found by words at once."""
    video.title = clean_title(title)
    video.save(update_fields=["title"])
    words.write(Segment.objects.filter(video=video), video.title)


@transaction.atomic
def video_edit(*, video: Video, title: str, recorded_at: datetime | None, tags: Sequence[str]) -> None:
    """What a person says of a video; words are found at once."""
    if clean_title(title) != video.title:
        video_rename(video=video, title=title)
    Video.objects.filter(pk=video.pk).update(recorded_at=recorded_at)
    tags_set(video=video, names=tags)


def video_cancel(*, video: Video) -> bool:
    """Stop indexing: at once while it waits, at the next batch while a worker has it. False: nothing to stop."""
    present = selectors.videos_present().filter(pk=video.pk)
    waiting = present.filter(status=Status.UPLOADED)
    if waiting.update(status=status_without_new_index(video), not_before=None, error="", stage=""):
        return True
    return present.filter(status=Status.INDEXING).update(cancel_requested=True) == 1


@transaction.atomic
def video_reindex(*, video: Video) -> bool:
    """Index again from the start; the old index is searched until the new one replaces it. False: it is under way."""
    changed = (
        selectors.videos_present()
        .filter(pk=video.pk, status__in=AT_REST)
        .update(
            status=Status.UPLOADED,
            stage="",
            progress=0.0,
            error="",
            attempts=0,
            crashes=0,
            not_before=None,
            cancel_requested=False,
        )
    )
    if not changed:
        return False
    _media_wait_again(video)
    bells.ring_on_commit(video.pk, bells.INDEX, bells.MEDIA)
    return True


@transaction.atomic
def video_retry(*, video: Video) -> bool:
    """Try again what failed of a video, and only that. False: nothing of it has failed, or it is under way."""
    indexing = Video.objects.filter(RULES["Indexing"].failed, pk=video.pk).exists() and video_reindex(video=video)
    playback = not indexing and _media_wait_again(video)
    if playback:
        bells.ring_on_commit(video.pk, bells.MEDIA)
    captions_failed = Video.objects.filter(pk=video.pk, caption_status=Status.FAILED).exists()
    return indexing or playback or (captions_failed and captions_start(video=video))


def _media_wait_again(video: Video) -> bool:
    failed = Video.objects.filter(pk=video.pk, media_status=Status.FAILED)
    waiting = {"media_status": Status.UPLOADED, "media_attempts": 0, "media_lease_until": None, "media_error": ""}
    return failed.update(**waiting) == 1


@transaction.atomic
def captions_start(*, video: Video) -> bool:
    """Write the captions that are missing. False: they are being written, or there is nothing to caption yet."""
    resting = selectors.videos_present().filter(pk=video.pk, status=Status.READY, caption_status__in=AT_REST)
    if not resting.update(caption_rung_at=None, **captions.waiting()):
        return False
    bells.ring_on_commit(video.pk, bells.CAPTION)
    return True


def captions_cancel(*, video: Video) -> bool:
    """Stop writing captions; what is written stays. A worker that has them loses its lease. False: nothing to stop."""
    under_way = Video.objects.filter(pk=video.pk, caption_status__in=(Status.UPLOADED, Status.INDEXING))
    stopped = captions.waiting() | {"caption_status": Status.CANCELLED}
    return under_way.update(**stopped) == 1


@transaction.atomic
def video_trash(*, video: Video) -> bool:
    """Into the trash: gone for everyone with this commit, and whole, so that it can be restored as it is.

    A worker that has it loses its lease. False: it is there already. Where `TRASH_DAYS` is 0 it is deleted at once.
    """
    if settings.TRASH_DAYS == 0:
        return video_delete(video=video)
    held = selectors.videos_present().select_for_update().filter(pk=video.pk).first()
    if held is None:
        return False
    Video.objects.filter(pk=video.pk).update(trashed_at=Now(), **_let_go(held))
    log.info("video_trashed", extra={"video_id": str(video.pk)})
    return True


def _let_go(video: Video) -> dict[str, Any]:
    """No lease is held, and what a worker was at waits: a restored video goes on by itself."""
    fields: dict[str, Any] = {}
    for prefix in leases.PREFIX.values():
        fields |= {f"{prefix}lease_token": None, f"{prefix}lease_until": None}
        if getattr(video, f"{prefix}status") == Status.INDEXING:
            fields |= {f"{prefix}status": Status.UPLOADED, f"{prefix}attempts": 0}
    if video.status == Status.INDEXING:
        fields |= {"stage": "", "progress": 0.0, "cancel_requested": False}
        if video.cancel_requested:
            fields["status"] = status_without_new_index(video)
    return fields


@transaction.atomic
def video_restore(*, video: Video) -> bool:
    """Back from the trash, found again with this commit; what was under way goes on. False: it is not in the trash."""
    fields = {"trashed_at": None, "rung_at": None, "media_rung_at": None, "caption_rung_at": None}
    if not selectors.videos_in_trash().filter(pk=video.pk).update(**fields):
        return False
    video.refresh_from_db()
    if video.status == Status.READY and spaces.lacks_index(video):
        return video_reindex(video=video)  # the model changed meanwhile, and search has moved on
    waits = {bells.INDEX: video.status, bells.MEDIA: video.media_status, bells.CAPTION: video.caption_status}
    if video.status != Status.READY:
        del waits[bells.CAPTION]
    bells.ring_on_commit(video.pk, *(bell for bell, status in waits.items() if status == Status.UPLOADED))
    log.info("video_restored", extra={"video_id": str(video.pk)})
    return True


@transaction.atomic
def video_delete(*, video: Video) -> bool:
    """For good, also from the trash: no longer found with this commit. A tracked job removes the rest.

    False: it is being deleted already.
    """
    if not Video.objects.filter(pk=video.pk).exclude(status=Status.DELETING).update(**DELETED):
        return False
    Anchor.objects.filter(video=video).delete()
    Segment.objects.filter(video=video).delete()
    bells.ring_on_commit(video.pk, bells.DELETE)
    video_deleted.send(sender=Video, video=video)
    log.info("video_deleting", extra={"video_id": str(video.pk)})
    return True


@transaction.atomic
def trash_empty(*, library: Library) -> int:
    """Delete for good all that lies in a library's trash; how many videos. The jobs remove the rest."""
    found = list(selectors.videos_in_trash().select_for_update().filter(library=library).values_list("pk", flat=True))
    Video.objects.filter(pk__in=found).update(**DELETED)
    for video_id in found[: bells.AT_ONCE]:
        bells.ring_on_commit(video_id, bells.DELETE)  # the sweeper rings for the others
    trash_emptied.send(sender=Library, library=library, n_videos=len(found))
    log.info("trash_emptied", extra={"library_id": str(library.pk), "n_videos": len(found)})
    return len(found)


def trash_expire() -> int:
    """Delete for good what has lain in the trash for its time; how many videos. The sweeper then rings for the jobs."""
    over = selectors.videos_in_trash().filter(trashed_at__lte=Now() - timedelta(days=settings.TRASH_DAYS))
    return over.order_by().update(**DELETED)


def status_without_new_index(video: Video) -> str:
    """Where a video comes to rest when indexing stopped: an earlier index is still there and still found."""
    return Status.READY if video.indexed_at is not None else Status.CANCELLED


def clean_title(title: str) -> str:
    """A title that fits; control characters would break pages and logs.

    >>> clean_title("  a\\x00 b\\n")
    'a b'
    """
    return words.one_line(title)[:TITLE_MAX] or "Untitled"
