"""Follow videos until they come to rest, a line for each change: for the command line, on a screen or in a log."""

import time
from collections.abc import Callable, Iterable

from indexer.models import Video
from indexer.selectors import videos_present

POLL_S = 1.0
LONELY_S = 60.0  # so long without any video taken up, and we say so
STEP = 0.2  # of a video's time between two lines

AT_REST = (Video.Status.READY, Video.Status.FAILED, Video.Status.CANCELLED, Video.Status.QUARANTINED)


def watch(videos: Iterable[Video], write: Callable[[str], object], poll_s: float = POLL_S) -> list[Video]:
    """Write lines until every video rests; those that are not ready at the end. A deleted one is left out."""
    waiting, said, started, lonely = {video.pk for video in videos}, dict[object, str](), time.monotonic(), False
    lost: list[Video] = []
    while waiting:
        rows = list(videos_present().filter(pk__in=waiting))
        for video in rows:
            line = line_of(video)
            if said.get(video.pk) != line:
                write(f"{video.title}: {line}")
                said[video.pk] = line
        lost += [row for row in rows if row.status in AT_REST and row.status != Video.Status.READY]
        waiting = {row.pk for row in rows if row.status not in AT_REST}
        untouched = all(row.attempts == 0 and row.status == Video.Status.UPLOADED for row in rows if row.pk in waiting)
        if waiting and untouched and not lonely and time.monotonic() - started > LONELY_S:
            lonely = True
            write("No worker has taken these up. They are indexed once one runs: start everything with `make up`.")
        if waiting:
            time.sleep(poll_s)
    return lost


def line_of(video: Video) -> str:
    """Where a video is, in words that change only when it moved enough."""
    if video.status == Video.Status.READY:
        return ready_line(video)
    if video.status == Video.Status.UPLOADED:
        return video.error or "waiting"
    if video.status == Video.Status.INDEXING:
        return f"indexing, {int(video.progress / STEP) * STEP:.0%}"
    return f"{video.status}. {video.error}".strip()


def ready_line(video: Video) -> str:
    total_s = float(video.stage_timings.get("total", 0.0))
    if not total_s or not video.duration_s:
        return f"ready. {video.error}".strip()
    return f"ready in {total_s:.1f} s, {video.duration_s / total_s:.1f} times real time. {video.error}".strip()
