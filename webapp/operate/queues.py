"""What waits: by kind of work, told by the rows, and by queue, told by the broker. A message is only a doorbell."""

from dataclasses import dataclass
from datetime import datetime

from celery import current_app
from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from indexer import broker
from indexer.models import Track, Video
from indexer.selectors import videos_present
from webapp.uploads.models import Upload

Status = Video.Status


@dataclass(frozen=True)
class Work:
    kind: str
    name: str
    waiting: int
    under_way: int


def work() -> list[Work]:
    present = videos_present()
    counts = present.aggregate(
        index=Count("pk", filter=Q(status=Status.UPLOADED)),
        indexing=Count("pk", filter=Q(status=Status.INDEXING)),
        media=Count("pk", filter=Q(media_status=Status.UPLOADED)),
        preparing=Count("pk", filter=Q(media_status=Status.INDEXING)),
    )
    captioned = present.filter(status=Status.READY, indexed_at__isnull=False).aggregate(
        caption=Count("pk", filter=Q(caption_status=Status.UPLOADED)),
        writing=Count("pk", filter=Q(caption_status=Status.INDEXING)),
    )
    n_deleting = Video.objects.filter(status=Status.DELETING).count()
    n_received = Upload.objects.filter(status=Upload.Status.RECEIVED).count()
    n_receiving = Upload.objects.filter(status=Upload.Status.RECEIVING).count()
    return [
        Work("upload", _("Uploads to check"), n_received, n_receiving),
        Work("index", _("Videos to index"), counts["index"], counts["indexing"]),
        Work("media", _("Videos to prepare for playback"), counts["media"], counts["preparing"]),
        Work("caption", _("Videos to caption"), captioned["caption"], captioned["writing"]),
        Work("track", _("Transcripts to write"), *_tracks()),
        Work("delete", _("Videos to delete"), n_deleting, 0),
    ]


def _tracks() -> tuple[int, int]:
    tracks = Track.objects.filter(video__in=videos_present())
    waiting = tracks.filter(status=Track.Status.WAITING).count()
    return waiting, tracks.filter(status=Track.Status.WORKING).count()


def oldest_waiting() -> datetime | None:
    """When the video was added that waits longest for its first index."""
    waiting = videos_present().filter(status=Status.UPLOADED, indexed_at=None)
    found: datetime | None = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    return found


def queue_names() -> list[str]:
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    return sorted(routed | {current_app.conf.task_default_queue})


def messages() -> dict[str, int] | None:
    """Messages in each queue that no worker has taken; None where the broker does not answer."""
    try:
        return broker.messages_waiting(*queue_names())
    except broker.AWAY:
        return None
