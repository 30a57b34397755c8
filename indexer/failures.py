"""What failed: the video, which part of its work, the sentence, and whether trying again may help."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal

from django.db.models import BooleanField, Exists, Expression, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from indexer.leases import MAX_ATTEMPTS, MAX_MEDIA_ATTEMPTS
from indexer.models import Track, Video
from indexer.selectors import videos_present

Part = Literal["Indexing", "Playback", "Captions", "What is said", "What is written"]
Status = Video.Status


@dataclass(frozen=True)
class Rule:
    """Which videos a part of the work failed of, and what is said where its own sentence is empty."""

    failed: Q
    may_pass: Q  # of those: given up after the last attempt met a passing fault; what cannot pass is given up at once
    says: Combinable
    otherwise: str


def _of_track(kind: Track.Kind, switch: str, otherwise: str) -> Rule:
    """A track has a row of its own. Where the library's switch is off nobody misses its lines, nor could retry them."""
    failed = Track.objects.filter(video=OuterRef("pk"), kind=kind, status=Track.Status.FAILED)
    return Rule(
        failed=Q(Exists(failed), **{f"library__{switch}": True}),
        may_pass=Q(Exists(failed.filter(attempts__gte=MAX_ATTEMPTS))),
        says=Subquery(failed.values("error")),
        otherwise=otherwise,
    )


RULES: dict[Part, Rule] = {
    "Indexing": Rule(
        failed=Q(status__in=(Status.FAILED, Status.QUARANTINED)) | (Q(status=Status.READY) & ~Q(error="")),
        may_pass=~Q(status=Status.QUARANTINED) & Q(attempts__gte=MAX_ATTEMPTS),
        says=F("error"),
        otherwise="Indexing failed.",
    ),
    "Playback": Rule(
        failed=Q(media_status=Status.FAILED),
        may_pass=Q(media_attempts__gte=MAX_MEDIA_ATTEMPTS),
        says=F("media_error"),
        otherwise="Preparing it for playback failed.",
    ),
    "Captions": Rule(
        failed=Q(caption_status=Status.FAILED),
        may_pass=Q(caption_attempts__gte=MAX_ATTEMPTS),
        says=F("caption_error"),
        otherwise="Writing its captions failed.",
    ),
    "What is said": _of_track(Track.Kind.SAID, "hears_speech", "Listening to it failed."),
    "What is written": _of_track(Track.Kind.WRITTEN, "reads_text", "Reading what is written in it failed."),
}


@dataclass(frozen=True)
class Failure:
    video: Video
    part: Part
    sentence: str
    may_pass: bool


def failed_videos() -> QuerySet[Video]:
    """Each row says by which rules, and why, for `failures_of`."""
    said: dict[str, Expression | Combinable] = {}
    for part, rule in RULES.items():
        said |= {_name(part, "failed"): _holds(rule.failed), _name(part, "may_pass"): _holds(rule.may_pass)}
        said[_name(part, "says")] = rule.says
    return videos_present().filter(reduce(or_, (rule.failed for rule in RULES.values()))).annotate(**said)


def that_may_pass() -> QuerySet[Video]:
    return videos_present().filter(reduce(or_, (rule.failed & rule.may_pass for rule in RULES.values())))


def failures_of(videos: Iterable[Video]) -> list[Failure]:
    """One for each part of each of the `failed_videos`, in their order."""
    return [
        Failure(video, part, getattr(video, _name(part, "says")) or rule.otherwise, _of(video, part, "may_pass"))
        for video in videos
        for part, rule in RULES.items()
        if _of(video, part, "failed")
    ]


def _of(video: Video, part: Part, what: str) -> bool:
    return bool(getattr(video, _name(part, what)))


def _name(part: Part, what: str) -> str:
    """
    >>> _name("What is said", "failed")
    'what_is_said_failed'
    """
    return f"{part.lower().replace(' ', '_')}_{what}"


def _holds(rule: Q) -> Expression:
    return ExpressionWrapper(rule, output_field=BooleanField())
