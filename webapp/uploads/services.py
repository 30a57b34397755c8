"""Writes to uploads, in the order of an upload's life: create, receive, end. `finish` and `sweep` go on from here."""

import errno
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from kombu.exceptions import OperationalError

from indexer.models import Library
from indexer.services import clean_title
from webapp.errors import Problem
from webapp.metrics import counted
from webapp.sources.models import SourceItem
from webapp.uploads import kinds, parts
from webapp.uploads.models import Upload
from webapp.uploads.tus import CHECKSUM_MISMATCH, Checksum

log = logging.getLogger(__name__)

FINISH = "webapp.uploads.tasks.finish_upload"
Status = Upload.Status
MAX_UNFINISHED = 200  # a person: more is a program gone wrong
LOCK_WAIT_S = 2.0  # a request that was cut off lets go within moments; longer, and the client asks again


def upload_create(  # noqa: PLR0913 - what a client says of its file
    *,
    owner: AbstractBaseUser,
    library: Library,
    file_name: str,
    size_bytes: int,
    title: str = "",
    allow_duplicate: bool = False,
    item: SourceItem | None = None,
    metadata: str = "",
) -> Upload:
    """Room for a file, refused early where it can be known that it will not be taken."""
    name = kinds.clean_name(file_name)
    kinds.check_name(name)
    check_size(size_bytes)
    check_room(owner, size_bytes)
    upload = Upload(
        library=library,
        owner_id=owner.pk,
        title=title_for(title, name),
        file_name=name,
        size_bytes=size_bytes,
        allow_duplicate=allow_duplicate,
        item=item,
        metadata=metadata,
    )
    upload.clean_fields()
    with full_disk_said("Free some room, then try again."):
        parts.create(upload.id)  # before the row: a part without a row is swept, a row without its part is a dead end
    upload.save(force_insert=True)
    counted.uploads.labels("created").inc()
    log.info("upload_created", extra={"upload_id": str(upload.id), "bytes": size_bytes})
    return upload


def upload_receive(
    *, upload: Upload, start: int, length: int, pieces: Iterator[bytes], checksum: Checksum | None = None
) -> int:
    """Append bytes that begin at `start`; the new offset. Nothing is written unless `start` is the true offset."""
    with full_disk_said("What has come is kept: free some room, then resume."), _held(upload) as part:
        end = part.seek(0, 2)
        if start != end:
            raise Problem(f"The upload has {end} bytes, so it cannot go on from byte {start}.", status=409)
        if start + length > upload.size_bytes:
            raise Problem(f"The file was announced as {upload.size_bytes} bytes, and these are more.", status=413)
        grown = parts.append(part, pieces if checksum is None else iter([_checked(pieces, length, checksum)]))
        counted.upload_bytes.inc(grown - end)
        end = part.seek(0, 2)
        _check_first_bytes(upload, part, end)
        upload_touch(upload=upload, offset=end)
    return end


def upload_touch(*, upload: Upload, offset: int) -> None:
    """Note that bytes came; after the last one a worker is rung."""
    upload.touched_at = timezone.now()
    receiving = Upload.objects.filter(pk=upload.pk, status=Status.RECEIVING)
    if offset < upload.size_bytes:
        receiving.update(touched_at=upload.touched_at, content_type=upload.content_type)
    elif receiving.update(status=Status.RECEIVED, touched_at=upload.touched_at, content_type=upload.content_type):
        upload.status = Status.RECEIVED
        counted.uploads.labels("received").inc()
        log.info("upload_received", extra={"upload_id": str(upload.id), "bytes": offset})
        transaction.on_commit(lambda: ring(upload.id))


def upload_cancel(*, upload: Upload) -> None:
    """End an unfinished upload and give its room back. Safe to call again."""
    try:
        with parts.locked(upload.id, wait_s=LOCK_WAIT_S):
            upload_end(upload=upload, status=Status.CANCELLED)
    except parts.Busy as error:
        raise _busy() from error
    except parts.Missing:
        upload_end(upload=upload, status=Status.CANCELLED)


def upload_end(*, upload: Upload, status: Upload.Status, error: str = "") -> None:
    """The row first: a part without use is swept, a row that promises a part that is gone would mislead."""
    unfinished = Upload.objects.filter(pk=upload.pk, status__in=[Status.RECEIVING, Status.RECEIVED])
    if unfinished.update(status=status, error=error, touched_at=timezone.now()):
        counted.uploads.labels(status.value).inc()
        log.info("upload_ended", extra={"upload_id": str(upload.id), "status": status.value})
    upload.status, upload.error = status, error
    parts.remove(upload.id)


def ring(upload_id: uuid.UUID) -> None:
    """A broker that is down loses nothing: the sweeper rings again."""
    try:
        current_app.send_task(FINISH, args=[str(upload_id)], retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("doorbell_not_rung", extra={"upload_id": str(upload_id), "problem": str(problem)})


def check_size(size_bytes: int) -> None:
    if size_bytes == 0:
        raise Problem("This file is empty. Choose another.")
    if size_bytes > settings.MAX_UPLOAD_BYTES:
        limit = kinds.in_words(settings.MAX_UPLOAD_BYTES)
        raise Problem(
            f"This file is {kinds.in_words(size_bytes)}, and here a video may be {limit}. Cut or shrink it.",
            status=413,
        )


def check_room(owner: AbstractBaseUser, size_bytes: int) -> None:
    unfinished = Upload.objects.filter(status=Status.RECEIVING)
    if unfinished.filter(owner_id=owner.pk).count() >= MAX_UNFINISHED:
        raise Problem(f"You have {MAX_UNFINISHED} unfinished uploads. Finish or cancel some first.", status=429)
    promised = unfinished.aggregate(total=Sum("size_bytes"))["total"] or 0
    arrived = sum(parts.size_or_zero(upload_id) for upload_id in unfinished.values_list("id", flat=True))
    if size_bytes > parts.free_bytes() - (promised - arrived):
        raise Problem(
            f"There is no room for {kinds.in_words(size_bytes)} on the server's disk. Free some, then try again.",
            status=507,
        )


@contextmanager
def full_disk_said(what_to_do: str) -> Iterator[None]:
    """A disk that takes nothing is the operator's to mend, and the person is told so in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Problem(f"The server's disk is full. {what_to_do}", status=507) from error
        if error.errno in (errno.EROFS, errno.EIO):
            message = "The server cannot write to its disk: whoever runs it has to look. Then send the file again."
            raise Problem(message, status=507) from error
        raise


def title_for(given: str, name: str) -> str:
    return clean_title(given) if given.strip() else kinds.title_of(name)


def _checked(pieces: Iterator[bytes], length: int, checksum: Checksum) -> bytes:
    """A chunk is held back until its checksum is known, so that no wrong byte is ever part of the file."""
    data = b"".join(pieces)
    if len(data) != length or not checksum.matches(data):
        raise Problem("These bytes were damaged on their way. Send them again.", status=CHECKSUM_MISMATCH)
    return data


def _check_first_bytes(upload: Upload, part: BinaryIO, end: int) -> None:
    """Refuse what is no video as soon as enough of it is here, not after the last of its gigabytes."""
    if upload.content_type or end < min(kinds.HEAD_BYTES, upload.size_bytes):
        return
    try:
        upload.content_type = kinds.content_type_of(parts.head(part, kinds.HEAD_BYTES))
    except Problem as problem:
        upload_end(upload=upload, status=Status.REFUSED, error=problem.message)
        raise


@contextmanager
def _held(upload: Upload) -> Iterator[BinaryIO]:
    """The upload's part, locked, with its row read after the lock was won."""
    try:
        with parts.locked(upload.id, wait_s=LOCK_WAIT_S) as part:
            upload.refresh_from_db()
            if upload.status != Status.RECEIVING:
                raise gone(upload)
            yield part
    except parts.Busy as error:
        raise _busy() from error
    except parts.Missing as error:
        raise gone(upload) from error


def gone(upload: Upload) -> Problem:
    return Problem(upload.error or "This upload has ended. Choose the file again to start it anew.", status=410)


def _busy() -> Problem:
    message = "Another request is sending this file just now. Wait a moment, then ask where to go on."
    return Problem(message, status=423, headers={"Retry-After": "2"})
