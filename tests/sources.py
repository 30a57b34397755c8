"""What the tests of sources share: a source, a look at it as the workers do it, and what is stored in the end."""

import os
import time
from datetime import timedelta
from pathlib import Path

from django.core.files.storage import default_storage
from django.utils import timezone

from indexer.models import Library, Video
from webapp.sources import fetching
from webapp.sources.kinds_of_place import place_of
from webapp.sources.looking import look
from webapp.sources.models import Source, SourceItem
from webapp.uploads import parts
from webapp.uploads import services as upload_services
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload


def source_of(library: Library, owner, place: str) -> Source:
    kind, place = place_of(place)
    return Source.objects.create(library=library, owner=owner, kind=kind, place=place)


def watched_folder(settings, tmp_path: Path) -> Path:
    """A folder that may be watched."""
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.WATCH_ROOTS = (str(tmp_path / "watched"),)
    folder = tmp_path / "watched" / "inbox"
    folder.mkdir(parents=True)
    return folder


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def copy_that_dies(monkeypatch, *, at: int) -> list[int]:
    """The worker is killed as its `at`-th piece of a copy comes; where each piece began."""
    monkeypatch.setattr(fetching, "AT_ONCE_BYTES", 100_000)
    real, starts = upload_services.upload_receive, []

    def dies(**asked):
        starts.append(asked["start"])
        if len(starts) == at:
            raise KeyboardInterrupt
        return real(**asked)

    monkeypatch.setattr(fetching, "upload_receive", dies)
    return starts


def let_a_minute_pass() -> None:
    """For everything that was seen and waits."""
    for item in SourceItem.objects.all():
        item.seen_at -= timedelta(seconds=61)
        item.not_before = None
        item.save(update_fields=["seen_at", "not_before"])


def worked(source: Source) -> None:
    """A look, and the worker that finishes what it brought."""
    look(source.pk)
    for upload in Upload.objects.filter(status=Upload.Status.RECEIVED):
        upload_finish(upload_id=upload.pk)
    look(source.pk)


def taken(source: Source) -> None:
    """Seen at one look, taken at another a minute later."""
    look(source.pk)
    let_a_minute_pass()
    worked(source)


def statuses(source: Source) -> dict[str, str]:
    return {Path(item.key).name: item.status for item in source.items.all()}


def error_of(source: Source) -> str:
    source.refresh_from_db()
    return source.error


def stored() -> list[bytes]:
    """The content of every original, in the order that the videos came."""
    found = []
    for video in Video.objects.order_by("created_at"):
        with default_storage.open(video.original) as file:
            found.append(file.read())
    return found


def stray_parts() -> int:
    """Parts that are left once the sweeper has been by, an hour later."""
    from webapp.uploads.sweep import STRAY_AFTER_S, uploads_sweep

    for upload_id in parts.stored_ids():
        old = time.time() - STRAY_AFTER_S - 1
        os.utime(parts.part_path(upload_id), (old, old))
    uploads_sweep()
    return len(parts.stored_ids())


def lose_worker(source: Source) -> None:
    """Its worker is gone, and its claim has run out."""
    Source.objects.filter(pk=source.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
