"""Claims on a track: as on a video's other work (`indexer.leases`), on a row of its own."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from indexer.leases import LEASE_S, MAX_ATTEMPTS, Lease
from indexer.models import Track, Video
from indexer.selectors import videos_present

Status = Track.Status


@dataclass
class TrackLease(Lease):
    """A worker's claim on a track. It is lost when the video goes into the trash, and when a person stops it."""

    track_id: int = 0

    def held(self) -> QuerySet[Any]:
        return Track.objects.filter(pk=self.track_id, lease_token=self.token, video__in=videos_present())

    def until(self) -> dict[str, Any]:
        return {"lease_until": Now() + timedelta(seconds=LEASE_S)}

    def end(self, **fields: Any) -> bool:
        return self.held().update(**({"lease_token": None, "lease_until": None} | fields)) == 1


def claim(track_id: int) -> TrackLease | None:
    """Take a track that waits or whose lease has run out. None: there is nothing to do here."""
    track = Track.objects.filter(pk=track_id).first()
    if track is None:
        return None
    lease = TrackLease(track.video_id, "track", uuid.uuid4(), track_id=track.pk)
    taken = claimable().filter(pk=track.pk)
    working = {"status": Status.WORKING, "lease_token": lease.token, "attempts": F("attempts") + 1}
    return lease if taken.update(**working, **lease.until()) else None


def claimable() -> QuerySet[Track]:
    """Tracks that a worker may claim now: of videos that are indexed, in libraries that want them.

    No joins: Postgres asks an update's conditions again of a row that another worker has just changed, but only those
    on the row itself.
    """
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    waits = Q(status__in=(Status.WAITING, Status.WORKING), attempts__lt=MAX_ATTEMPTS)
    ready = videos_present().filter(status=Video.Status.READY)
    said = Q(kind=Track.Kind.SAID, video__in=ready.filter(library__hears_speech=True))
    written = Q(kind=Track.Kind.WRITTEN, video__in=ready.filter(library__reads_text=True))
    return Track.objects.filter(free, waits, said | written, is_imported=False)
