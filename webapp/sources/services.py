"""What a person does to sources: add, pause, remove, look now; and to a file: cancel, try again."""

import logging
import uuid

from celery import current_app
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from indexer.models import Library
from webapp.errors import Problem
from webapp.sources.models import Source, SourceItem
from webapp.uploads.models import Upload
from webapp.uploads.services import upload_cancel

log = logging.getLogger(__name__)

LOOK = "webapp.sources.tasks.look_at_source"
MOST = 20  # of a library
Status = SourceItem.Status
UNFINISHED = (Upload.Status.RECEIVING, Upload.Status.RECEIVED)


def source_add(*, library: Library, owner: AbstractBaseUser, kind: str, place: str) -> Source:
    """Problem where the library has it, or has enough."""
    if Source.objects.filter(library=library).count() >= MOST:
        raise Problem(f"This library has {MOST} sources. Remove one first.")
    try:
        with transaction.atomic():
            source = Source.objects.create(library=library, owner_id=owner.pk, kind=kind, place=place)
    except IntegrityError as error:
        raise Problem("This library has this source already.") from error
    transaction.on_commit(lambda: ring(source.pk))
    log.info("source_added", extra={"source_id": str(source.pk), "kind": kind})
    return source


def source_pause(*, source: Source, paused: bool) -> None:
    """A look that runs stops at its next piece; what has come is kept, and goes on."""
    changed = Source.objects.filter(pk=source.pk, paused=not paused).update(paused=paused)
    if changed and not paused:
        transaction.on_commit(lambda: ring(source.pk))


def source_remove(*, source: Source) -> None:
    """Its videos stay. First the row, so that a look that runs finds its claim lost; then what it had begun."""
    begun = list(Upload.objects.filter(item__source=source, status=Upload.Status.RECEIVING))
    source.delete()
    for upload in begun:
        upload_cancel(upload=upload)


def item_cancel(*, item: SourceItem) -> bool:
    """False: there was nothing to cancel. Problem where its bytes are being written at this very moment."""
    for upload in item.uploads.filter(status=Upload.Status.RECEIVING):
        upload_cancel(upload=upload)
    open_items = SourceItem.objects.filter(pk=item.pk, status__in=(Status.WAITING, Status.FETCHING))
    if item.uploads.filter(status=Upload.Status.RECEIVED).exists():
        return False  # all of it is here: the video can be deleted
    return open_items.update(status=Status.CANCELLED, changed_at=timezone.now()) == 1


def item_retry(*, item: SourceItem) -> bool:
    ended = SourceItem.objects.filter(pk=item.pk, status__in=(Status.REFUSED, Status.CANCELLED))
    anew = {"status": Status.WAITING, "error": "", "attempts": 0, "not_before": None, "changed_at": timezone.now()}
    if not ended.update(**anew):
        return False
    transaction.on_commit(lambda: ring(item.source_id))
    return True


def ring(source_id: uuid.UUID) -> None:
    """A broker that is down loses nothing: beat looks at sources every minute."""
    try:
        current_app.send_task(LOOK, args=[str(source_id)], retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("doorbell_not_rung", extra={"source_id": str(source_id), "problem": str(problem)})
