"""What an operator may set going again."""

from indexer import services
from indexer.failures import that_may_pass
from indexer.models import Video
from indexer.tracks.services import tracks_retry

AT_ONCE = 500  # videos one press takes up; the button stays while there are more


def video_retry(*, video: Video) -> bool:
    """Every part of its work that failed, and only those. False: none has, or they are under way."""
    retried = services.video_retry(video=video)
    return tracks_retry(video=video) or retried


def retry_all() -> int:
    """Every failure that may pass; how many videos are taken up again."""
    waiting = list(that_may_pass().select_related("library").order_by("created_at")[:AT_ONCE])
    return sum(video_retry(video=video) for video in waiting)
