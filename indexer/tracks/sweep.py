"""Tracks that nobody's doorbell will wake: missing rows, lost workers, lost messages."""

from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from indexer import leases
from indexer.bells import AT_ONCE
from indexer.models import Track
from indexer.selectors import videos_present
from indexer.tracks import bells, claims, services

LOST = "The worker stopped each time it wrote this down; it may have run out of memory."


def sweep_tracks(ring_again: timedelta) -> None:
    services.tracks_ensure()
    give_up()
    due = claims.claimable().filter(
        Q(rung_at=None) | Q(rung_at__lt=F("lease_until")) | Q(rung_at__lt=Now() - ring_again)
    )
    for track_id in due.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE]:
        bells.ring(track_id)


def give_up() -> None:
    """Tracks that took their worker with them every time."""
    lapsed = Track.objects.filter(
        video__in=videos_present(),
        status=Track.Status.WORKING,
        lease_until__lt=Now(),
        attempts__gte=leases.MAX_ATTEMPTS,
    )
    lapsed.update(status=Track.Status.FAILED, error=LOST, lease_token=None, lease_until=None)
