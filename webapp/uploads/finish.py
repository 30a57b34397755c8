"""From the last byte to a video, in a worker. Every step may be cut off at any line and run again.

1. look at the bytes, hash them   2. look for the same file in the library   3. move it into storage   4. make the row.
Step 4 and "finished" are one transaction, so a video is made exactly once.
"""

import logging
import os
import uuid
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from indexer import files
from indexer.models import Library, Video
from indexer.selectors import can_edit, same_file
from indexer.services import video_create
from webapp.errors import Problem
from webapp.uploads import kinds, parts
from webapp.uploads.models import Upload
from webapp.uploads.services import upload_end

log = logging.getLogger(__name__)
Status = Upload.Status


def upload_finish(*, upload_id: uuid.UUID) -> None:
    upload = Upload.objects.select_related("library", "owner").filter(pk=upload_id, status=Status.RECEIVED).first()
    if upload is None:
        return
    if not can_edit(upload.owner, upload.library):
        upload_end(upload=upload, status=Status.REFUSED, error="You may no longer add videos to this library.")
        return
    try:
        with parts.locked(upload.id) as part:
            _learn(upload, part)
            if _twin(upload, upload.library) is None:
                _store(upload)
    except parts.Busy:
        return  # another worker is at it
    except parts.Missing:
        if not (upload.sha256 and default_storage.exists(_key(upload))):
            message = "The uploaded file was lost on the server. Upload it again."
            upload_end(upload=upload, status=Status.REFUSED, error=message)
            return
    except Problem as problem:
        upload_end(upload=upload, status=Status.REFUSED, error=problem.message)
        return
    _publish(upload)


def _learn(upload: Upload, part: BinaryIO) -> None:
    """What is known of the bytes: their kind, where the last request was killed before it looked, and their hash."""
    upload.content_type = upload.content_type or kinds.content_type_of(parts.head(part, kinds.HEAD_BYTES))
    upload.sha256 = upload.sha256 or files.sha256_of(parts.part_path(upload.id))
    Upload.objects.filter(pk=upload.pk).update(content_type=upload.content_type, sha256=upload.sha256)


def _key(upload: Upload) -> str:
    return files.video_key(upload.id, "original")


def _store(upload: Upload) -> None:
    """Into storage: by a rename where the part lies on the same disk, else by a copy."""
    source = parts.part_path(upload.id)
    # The indexer's sweeper leaves young files alone, until their row is there.
    os.utime(source)
    try:
        target = Path(default_storage.path(_key(upload)))
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    except (NotImplementedError, OSError):  # not a local folder, or another disk: the part stays until the end
        files.put(_key(upload), source)
    else:
        target.chmod(0o644)
        parts.sync_folder(target.parent)


def _publish(upload: Upload) -> None:
    with transaction.atomic():
        # One at a time in a library: two uploads of the same file must not both find that they are the first.
        library = Library.objects.select_for_update(no_key=True).get(pk=upload.library_id)
        claim = Upload.objects.select_for_update().get(pk=upload.pk)
        if claim.status != Status.RECEIVED:
            return
        twin = _twin(upload, library)
        if twin is None:
            claim.video = _video(claim, library)
        elif twin.pk == claim.pk:
            claim.video = twin
        else:
            claim.duplicate_of = twin
        claim.status, claim.touched_at = Status.FINISHED, timezone.now()
        claim.save(update_fields=["video", "duplicate_of", "status", "touched_at"])
    if claim.duplicate_of_id:
        files.delete_all(upload.id)
    parts.remove(upload.id)
    facts = {"upload_id": str(upload.id), "bytes": upload.size_bytes, "duplicate": bool(claim.duplicate_of_id)}
    log.info("upload_finished", extra=facts)


def _twin(upload: Upload, library: Library) -> Video | None:
    return None if upload.allow_duplicate else same_file(library, upload.sha256)


def _video(upload: Upload, library: Library) -> Video:
    return video_create(
        library=library,
        uploaded_by=upload.owner,
        title=upload.title,
        original_key=_key(upload),
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        content_type=upload.content_type,
    )
