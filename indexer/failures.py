"""What failed: the video, which part of its work, the sentence, and whether trying again may help."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal

from django.db.models import BooleanField, Expression, ExpressionWrapper, Q, QuerySet

from indexer.leases import MAX_ATTEMPTS, MAX_MEDIA_ATTEMPTS
from indexer.models import Video
from indexer.selectors import videos_present

Part = Literal["Indexing", "Playback", "Captions"]
Status = Video.Status


@dataclass(frozen=True)
class Rule:
    """Which videos a part of the work failed of, and what is said where its own column says nothing."""

    failed: Q
    may_pass: Q  # of those: given up after the last attempt met a passing fault; what cannot pass is given up at once
    says: str
    otherwise: str


RULES: dict[Part, Rule] = {
    "Indexing": Rule(
        failed=Q(status__in=(Status.FAILED, Status.QUARANTINED)) | (Q(status=Status.READY) & ~Q(error="")),
        may_pass=~Q(status=Status.QUARANTINED) & Q(attempts__gte=MAX_ATTEMPTS),
        says="error",
        otherwise="Indexing failed.",
    ),
    "Playback": Rule(
        failed=Q(media_status=Status.FAILED),
        may_pass=Q(media_attempts__gte=MAX_MEDIA_ATTEMPTS),
        says="media_error",
        otherwise="Preparing it for playback failed.",
    ),
    "Captions": Rule(
        failed=Q(caption_status=Status.FAILED),
        may_pass=Q(caption_attempts__gte=MAX_ATTEMPTS),
        says="caption_error",
        otherwise="Writing its captions failed.",
    ),
}


@dataclass(frozen=True)
class Failure:
    video: Video
    part: Part
    sentence: str
    may_pass: bool


def failed_videos() -> QuerySet[Video]:
    """Each row says by which rules, for `failures_of`."""
    said = {f"{part}_failed": _holds(rule.failed) for part, rule in RULES.items()}
    said |= {f"{part}_may_pass": _holds(rule.may_pass) for part, rule in RULES.items()}
    return videos_present().filter(reduce(or_, (rule.failed for rule in RULES.values()))).annotate(**said)


def that_may_pass() -> QuerySet[Video]:
    return videos_present().filter(reduce(or_, (rule.failed & rule.may_pass for rule in RULES.values())))


def failures_of(videos: Iterable[Video]) -> list[Failure]:
    """One for each part of each of the `failed_videos`, in their order."""
    return [
        Failure(video, part, getattr(video, rule.says) or rule.otherwise, getattr(video, f"{part}_may_pass"))
        for video in videos
        for part, rule in RULES.items()
        if getattr(video, f"{part}_failed")
    ]


def _holds(rule: Q) -> Expression:
    return ExpressionWrapper(rule, output_field=BooleanField())
