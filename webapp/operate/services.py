"""What an operator may set going again."""

from indexer.failures import that_may_pass
from indexer.services import video_retry

AT_ONCE = 500  # videos one press takes up; the button stays while there are more


def retry_all() -> int:
    """Every failure that may pass; how many videos are taken up again."""
    waiting = list(that_may_pass().order_by("created_at")[:AT_ONCE])
    return sum(video_retry(video=video) for video in waiting)
