"""What failed: the video, which part of its work, the sentence, and whether trying again may help."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q, QuerySet

from indexer.leases import MAX_ATTEMPTS, MAX_MEDIA_ATTEMPTS
from indexer.models import Video
from indexer.selectors import videos_present

Part = Literal["Indexing", "Playback", "Captions"]
Status = Video.Status

# A part that was given up after its last attempt met a passing fault; what cannot pass is given up at once.
FAILED: dict[Part, Q] = {
    "Indexing": Q(status__in=(Status.FAILED, Status.QUARANTINED)) | (Q(status=Status.READY) & ~Q(error="")),
    "Playback": Q(media_status=Status.FAILED),
    "Captions": Q(caption_status=Status.FAILED),
}
MAY_PASS: dict[Part, Q] = {
    "Indexing": FAILED["Indexing"] & ~Q(status=Status.QUARANTINED) & Q(attempts__gte=MAX_ATTEMPTS),
    "Playback": FAILED["Playback"] & Q(media_attempts__gte=MAX_MEDIA_ATTEMPTS),
    "Captions": FAILED["Captions"] & Q(caption_attempts__gte=MAX_ATTEMPTS),
}


@dataclass(frozen=True)
class Failure:
    video: Video
    part: Part
    sentence: str
    may_pass: bool


def failed_videos() -> QuerySet[Video]:
    return videos_present().filter(FAILED["Indexing"] | FAILED["Playback"] | FAILED["Captions"])


def that_may_pass() -> QuerySet[Video]:
    return videos_present().filter(MAY_PASS["Indexing"] | MAY_PASS["Playback"] | MAY_PASS["Captions"])


def failures_of(videos: Iterable[Video]) -> list[Failure]:
    """One for each part of each video, in the videos' order."""
    return [failure for video in videos for failure in _parts(video)]


def _parts(video: Video) -> Iterator[Failure]:
    if video.status in (Status.FAILED, Status.QUARANTINED) or (video.status == Status.READY and video.error):
        may_pass = video.status != Status.QUARANTINED and video.attempts >= MAX_ATTEMPTS
        yield Failure(video, "Indexing", video.error or "Indexing failed.", may_pass)
    if video.media_status == Status.FAILED:
        may_pass = video.media_attempts >= MAX_MEDIA_ATTEMPTS
        yield Failure(video, "Playback", video.media_error or "Preparing it for playback failed.", may_pass)
    if video.caption_status == Status.FAILED:
        may_pass = video.caption_attempts >= MAX_ATTEMPTS
        yield Failure(video, "Captions", video.caption_error or "Writing its captions failed.", may_pass)
