"""The doorbell of a track, as `indexer.bells`: a lost message loses nothing, the sweeper rings again."""

import logging
from collections.abc import Iterable

from celery import current_app
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from indexer import broker
from indexer.bells import AT_ONCE
from indexer.models import Track

__all__ = ["AT_ONCE", "TRACK", "ring", "ring_on_commit"]

log = logging.getLogger(__name__)

TRACK = "indexer.tasks.write_track"
QUEUE = "tracks"


def ring(track_id: int) -> None:
    """Where the extra packages are not installed nobody takes the messages: there must not be more and more of them."""
    try:
        if broker.messages_waiting(QUEUE)[QUEUE] >= AT_ONCE:
            return  # the sweeper comes back
        current_app.send_task(TRACK, args=[track_id], retry=False)
    except (OperationalError, *broker.AWAY) as problem:
        log.warning("doorbell_not_rung", extra={"track_id": track_id, "task": TRACK, "problem": str(problem)})
        return
    Track.objects.filter(pk=track_id).update(rung_at=Now())


def ring_on_commit(track_ids: Iterable[int]) -> None:
    for track_id in track_ids:
        transaction.on_commit(lambda track_id=track_id: ring(track_id))  # type: ignore[misc]
