"""Another model's space fills itself: what it lacks is indexed again, a few videos at a time, so that uploads need not
wait for a whole archive; search stays with the space before until the new one holds every video.

It runs in the worker that indexes, whose engine says which space is wanted.
"""

import logging

from django.db.models import QuerySet

from indexer import services, spaces
from indexer.models import Space, Stream, Video
from indexer.selectors import videos_present
from model_server import engine

log = logging.getLogger(__name__)

AT_ONCE = 8  # videos that wait or are indexed, uploads among them, while more are added


def fill_space(wanted: engine.Space) -> int:
    """How many videos were put in line. Run again and again until the space of this engine is the one that answers."""
    active = spaces.active_space()
    if active is None:
        return 0  # the first video makes the first space
    stored = spaces.ensure_space(wanted)
    spaces.give_up_building(but=stored)
    if stored.pk == active.pk:
        return 0
    spaces.take_back(stored)
    spaces.switch_when_complete(stored)
    busy = videos_present().filter(status__in=(Video.Status.UPLOADED, Video.Status.INDEXING)).count()
    due = lacking(stored, active).order_by("created_at", "pk")[: max(0, AT_ONCE - busy)]
    queued = sum(services.video_reindex(video=video) for video in due)
    if queued:
        log.info("space_filling", extra={"space_id": stored.pk, "n_videos": queued})
    return queued


def lacking(space: Space, active: Space) -> QuerySet[Video]:
    """Searched videos that the space does not hold. One that failed waits for a person: its page says why."""
    held, known = (Stream.objects.filter(space=each).values("video") for each in (active, space))
    return videos_present().filter(status=Video.Status.READY, error="", pk__in=held).exclude(pk__in=known)
