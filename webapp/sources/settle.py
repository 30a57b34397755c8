"""What became of files whose bytes have come: their uploads know, and are asked before their rows are forgotten."""

from typing import Any

from django.utils import timezone

from webapp.sources.models import SourceItem
from webapp.uploads.models import Upload

Status = SourceItem.Status
UploadStatus = Upload.Status


def settle() -> None:
    """Safe to run at any moment, beside any look."""
    ended = Upload.objects.exclude(status__in=(UploadStatus.RECEIVING, UploadStatus.RECEIVED))
    for upload in ended.filter(item__status=Status.FETCHING).select_related("item").order_by("created_at"):
        item = upload.item
        if item is None or newest_upload(item) != upload:
            continue
        fields = _outcome(upload) | {"changed_at": timezone.now()}
        SourceItem.objects.filter(pk=item.pk, status=Status.FETCHING).update(**fields)


def newest_upload(item: SourceItem) -> Upload | None:
    return item.uploads.order_by("-created_at", "-id").first()


def _outcome(upload: Upload) -> dict[str, Any]:
    match upload.status:
        case UploadStatus.FINISHED:
            video_id = upload.video_id or upload.duplicate_of_id
            return {"status": Status.FETCHED, "video_id": video_id, "sha256": upload.sha256, "error": ""}
        case UploadStatus.REFUSED:
            return {"status": Status.REFUSED, "error": upload.error}
        case UploadStatus.CANCELLED:
            return {"status": Status.CANCELLED}
    return {"status": Status.WAITING}  # expired: from the start
