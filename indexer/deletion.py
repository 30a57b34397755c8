"""Deletion as one tracked job. The video is hidden before it starts; it may be killed anywhere and run again.

Files go before rows: as long as there is a row, the sweeper knows that something is left to do.
"""

import logging
import time
import uuid

from indexer import files
from indexer.models import Video
from indexer.pauses import files_may_go
from indexer.tiles import forget_pictures

log = logging.getLogger(__name__)

ORPHAN_AGE_S = 24 * 3600


def delete_video(video_id: uuid.UUID | str) -> None:
    """Remove what is left of a video that is being deleted: files, then stream, segments, captions and its row."""
    found = Video.objects.filter(pk=video_id, status=Video.Status.DELETING)
    video = found.first()
    if video is None:
        return
    forget_pictures(video)
    with files_may_go() as allowed:
        if not allowed:
            found.update(rung_at=None)  # the sweeper rings again, until the backup is done
            return
        n_files = files.delete_all(video_id)
        found.delete()
    log.info("video_deleted", extra={"video_id": str(video_id), "n_files": n_files})


def orphans_delete(older_than_s: float = ORPHAN_AGE_S) -> list[uuid.UUID]:
    """Delete files that belong to no video: uploads that never became one. Young ones may still become one."""
    stored = files.stored_video_ids()
    known = set(Video.objects.filter(pk__in=stored).values_list("pk", flat=True))
    orphans = [
        video_id
        for video_id in stored
        if video_id not in known and files.newest_change(video_id) < time.time() - older_than_s
    ]
    for video_id in orphans:
        files.delete_all(video_id)
        log.info("orphan_deleted", extra={"video_id": str(video_id)})
    return orphans
