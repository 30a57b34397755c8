"""Doorbells: tasks are rung by name, after commit, so that the web process never imports what they do.

A lost message loses nothing: the sweeper rings again.
"""

import logging
import uuid

from celery import current_app
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from indexer.models import Video

log = logging.getLogger(__name__)

INDEX = "indexer.tasks.index_video"
MEDIA = "indexer.tasks.make_media"
DELETE = "indexer.tasks.delete_video"
CAPTION = "indexer.tasks.write_captions"
SAMPLES = "indexer.tasks.add_samples"
AT_ONCE = 50  # of a kind: more would only make the queue longer, and the sweeper comes back


def ring_on_commit(video_id: uuid.UUID, *names: str) -> None:
    for name in names:
        transaction.on_commit(lambda name=name: ring(video_id, name))  # type: ignore[misc]


def ring(video_id: uuid.UUID, name: str) -> None:
    """Send the message. A broker that is down must not undo the write that went before: the sweeper comes back."""
    try:
        current_app.send_task(name, args=[str(video_id)], retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("doorbell_not_rung", extra={"video_id": str(video_id), "task": name, "problem": str(problem)})
        return
    field = {MEDIA: "media_rung_at", CAPTION: "caption_rung_at"}.get(name, "rung_at")
    Video.objects.filter(pk=video_id).update(**{field: Now()})


def ring_for_samples() -> bool:
    """Ask a worker for the sample library. False: nobody can be asked now."""
    try:
        current_app.send_task(SAMPLES, retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("doorbell_not_rung", extra={"task": SAMPLES, "problem": str(problem)})
        return False
    return True
