"""One look at a source: what is there, what of it is new and still, and each of those fetched. It may be killed."""

import logging
import time
import uuid
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from indexer.selectors import can_edit
from webapp.sources import claims, services
from webapp.sources.claims import Claim
from webapp.sources.fetching import fetch
from webapp.sources.kinds_of_place import reader_of
from webapp.sources.models import Source, SourceItem
from webapp.sources.places import Place, Seen, SourceProblem, limited
from webapp.sources.settle import settle
from webapp.uploads.models import Upload
from webapp.uploads.services import upload_cancel

log = logging.getLogger(__name__)

Status = SourceItem.Status
TURN_S = 600.0  # then the next source has its turn; this one is rung for again
EVERY = {Source.Kind.FOLDER: timedelta(0), Source.Kind.BUCKET: timedelta(minutes=5), Source.Kind.ADDRESS: timedelta(0)}
MAY_NOT = "The person who added this source may no longer add videos to this library. Remove it, and add it yourself."


def look_at_all() -> None:
    """What beat does every minute: settle, and ring for each source that is due."""
    settle()
    for source in Source.objects.filter(paused=False):
        if is_due(source):
            services.ring(source.pk)


def is_due(source: Source) -> bool:
    if source.kind == Source.Kind.ADDRESS and source.looked_at:
        return open_items(source).exists()  # an address is fetched once
    kind = Source.Kind(source.kind)
    rested = source.looked_at is None or source.looked_at + EVERY[kind] <= timezone.now()
    return rested or open_items(source).exists()


def open_items(source: Source) -> QuerySet[SourceItem]:
    return source.items.filter(status__in=(Status.WAITING, Status.FETCHING))


def look(source_id: uuid.UUID) -> None:
    claim = claims.claim(source_id)
    if claim is None:
        return
    try:
        error = _look(claim)
    except claims.Lost:
        log.info("source_lost", extra={"source_id": str(source_id)})
        claim.end()
        return
    except BaseException:
        claim.end()
        raise
    claim.end(error=error, looked_at=timezone.now())


def _look(claim: Claim) -> str:
    """The sentence about what went wrong, empty where nothing did."""
    source = Source.objects.select_related("library", "owner").get(pk=claim.source_id)
    if not (source.owner.is_active and can_edit(source.owner, source.library)):
        return MAY_NOT
    place = reader_of(source)
    settle()
    try:
        _note(claim, source, place)
        _fetch_due(claim, source, place)
    except SourceProblem as problem:
        return str(problem)
    finally:
        settle()
    return ""


def _note(claim: Claim, source: Source, place: Place) -> None:
    """A row for each file, and a new start for those that changed. An address is noted once: it has no version."""
    known = {item.key: item for item in source.items.all()}
    for seen in limited(place.files()):
        claim.renew()
        item = known.get(seen.key)
        if item is None:
            _add(source, seen)
        elif seen.version and item.version != seen.version:
            _anew(item, seen)


def _add(source: Source, seen: Seen) -> None:
    status = Status.REFUSED if seen.error else Status.WAITING
    SourceItem.objects.get_or_create(
        source=source,
        key=seen.key,
        defaults={"version": seen.version, "size_bytes": seen.size_bytes, "status": status, "error": seen.error},
    )


def _anew(item: SourceItem, seen: Seen) -> None:
    """Another content under the same name is another video. What had come of the old one is of no use."""
    for upload in item.uploads.filter(status=Upload.Status.RECEIVING):
        upload_cancel(upload=upload)
    item.version, item.size_bytes, item.error = seen.version, seen.size_bytes, seen.error
    item.status = Status.REFUSED if seen.error else Status.WAITING
    item.sha256, item.attempts, item.not_before, item.video = "", 0, None, None
    item.seen_at = item.changed_at = timezone.now()
    item.save()


def _fetch_due(claim: Claim, source: Source, place: Place) -> None:
    end = time.monotonic() + TURN_S
    tried: set[int] = set()
    while item := _due(source, place).exclude(pk__in=tried).order_by("seen_at", "pk").first():
        claim.check()
        tried.add(item.pk)
        fetch(claim, source, item, place)
        if time.monotonic() > end:
            services.ring(source.pk)
            return


def _due(source: Source, place: Place) -> QuerySet[SourceItem]:
    """Those that have been still for long enough, and those whose fetching was cut off."""
    now = timezone.now()
    still = Q(status=Status.WAITING, seen_at__lte=now - timedelta(seconds=place.still_s))
    free = Q(not_before=None) | Q(not_before__lte=now)
    received = Upload.objects.filter(status=Upload.Status.RECEIVED, item__isnull=False).values("item")
    cut_off = Q(status=Status.FETCHING) & ~Q(pk__in=received)
    return source.items.filter((still & free) | cut_off)
