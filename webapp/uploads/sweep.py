"""What nobody comes back for: uploads that expired, bells that were not heard, parts and rows left over."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from webapp.sources.models import SourceItem
from webapp.uploads import parts
from webapp.uploads.models import Upload
from webapp.uploads.services import ring, upload_end, upload_touch

Status = Upload.Status
KEPT = timedelta(days=30)  # rows of ended uploads, so that a late client is told what happened
STRAY_AFTER_S = 3600.0  # younger parts may be waiting for their row
RING_AGAIN_AFTER = timedelta(minutes=1)


def uploads_sweep() -> None:
    """Safe to run at any moment, beside any request."""
    now = timezone.now()
    for upload in Upload.objects.filter(status=Status.RECEIVING):
        _sweep_receiving(upload)
    for upload in Upload.objects.filter(status=Status.RECEIVED, touched_at__lt=now - RING_AGAIN_AFTER):
        ring(upload.id)
    ended = Upload.objects.exclude(status__in=[Status.RECEIVING, Status.RECEIVED])
    ended.filter(touched_at__lt=now - KEPT).delete()
    _forget_deleted(ended)
    strays_delete(now.timestamp() - STRAY_AFTER_S)


def _sweep_receiving(upload: Upload) -> None:
    """End it when it is late. One whose last byte came as its request was killed is passed on instead."""
    try:
        with parts.locked(upload.id) as part:
            end = part.seek(0, 2)
            if end == upload.size_bytes:
                upload_touch(upload=upload, offset=end)
            elif upload.is_expired:
                upload_end(upload=upload, status=Status.EXPIRED)
    except parts.Busy:
        return  # bytes are coming
    except parts.Missing:
        upload_end(upload=upload, status=Status.EXPIRED)


def _forget_deleted(ended: QuerySet[Upload]) -> None:
    """What was said of a file goes with its video; a source reads first what became of its own."""
    deleted = ended.filter(status=Status.FINISHED, video=None, duplicate_of=None)
    deleted.exclude(item__status=SourceItem.Status.FETCHING).delete()


def strays_delete(before: float) -> None:
    """Parts whose row is gone, with its library for one, or says that nobody needs them."""
    stored = parts.stored_ids()
    needed = Upload.objects.filter(pk__in=stored, status__in=[Status.RECEIVING, Status.RECEIVED])
    for upload_id in set(stored) - set(needed.values_list("pk", flat=True)):
        if parts.changed_at(upload_id) < before:
            parts.remove(upload_id)
