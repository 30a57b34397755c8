"""One file from its place into an upload, from the byte where it stopped. Killed at any line, it goes on at the next
look: how much has come is told by the part file alone, as for any upload, and what follows is an upload's own way."""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from indexer.outcomes import backoff_s
from indexer.selectors import same_file
from webapp.errors import Problem
from webapp.sources.claims import Claim
from webapp.sources.models import Source, SourceItem
from webapp.sources.places import Changed, FetchProblem, Opened, Place, SourceProblem
from webapp.sources.settle import newest_upload
from webapp.uploads import parts
from webapp.uploads.models import Upload
from webapp.uploads.services import upload_cancel, upload_create, upload_receive, upload_touch

log = logging.getLogger(__name__)

Status = SourceItem.Status
AT_ONCE_BYTES = 16 * 2**20
AT_ONCE_S = 1.0  # then the part is let go for a moment, so that a cancel need not wait long
MAX_ATTEMPTS = 5
REFUSED = (400, 413, 415)  # of an upload: this file will never be taken
COME_AGAIN = (409, 423)  # somebody else writes to the part just now


def fetch(claim: Claim, source: Source, item: SourceItem, place: Place) -> None:
    """Raises SourceProblem where nothing of this source can be taken now, Lost where somebody else looks at it."""
    try:
        if known := _known(claim, source, item, place):
            _set(item, **known)
            return
        _receive(claim, source, item, place)
    except Changed:
        _forget_upload(item)
        _set(item, status=Status.WAITING)
    except FetchProblem as problem:
        _failed(item, problem)
    except Problem as problem:
        _refused(item, problem)


def _known(claim: Claim, source: Source, item: SourceItem, place: Place) -> dict[str, object]:
    """What to say of a file whose content is here, or was: it came once, and does not come again."""
    if not item.sha256:
        item.sha256 = place.sha256(item.key, item.version)
        claim.check()  # a large file takes a while
        SourceItem.objects.filter(pk=item.pk).update(sha256=item.sha256)
    if not item.sha256:
        return {}
    twin = same_file(source.library, item.sha256)
    come = (Status.FETCHED, Status.FETCHING)
    before = source.items.filter(sha256=item.sha256, status__in=come).exclude(pk=item.pk)
    if twin is None and not before.exists():
        return {}
    return {"status": Status.KNOWN, "video": twin}


def _receive(claim: Claim, source: Source, item: SourceItem, place: Place) -> None:
    upload = _begun(item)
    start = parts.size_or_zero(upload.id) if upload else 0
    if upload and start == upload.size_bytes:
        _set(item, status=Status.FETCHING)
        upload_touch(upload=upload, offset=start)  # its last worker was killed after the last byte
        return
    with place.open(item.key, item.version, start) as opened:
        if upload and (opened.start, opened.size_bytes) != (start, upload.size_bytes):
            _forget_upload(item)
            upload = None
            if opened.start:
                raise FetchProblem("The file has another size than before.", permanent=False)
        if source.kind == Source.Kind.ADDRESS:
            SourceItem.objects.filter(pk=item.pk).update(version=opened.version, size_bytes=opened.size_bytes)
        upload = upload or upload_create(
            owner=source.owner,
            library=source.library,
            file_name=opened.name,
            size_bytes=opened.size_bytes,
            item=item,
        )
        _set(item, status=Status.FETCHING)  # not before there is an upload that says how it goes
        _copy(claim, upload, opened)


def _copy(claim: Claim, upload: Upload, opened: Opened) -> None:
    offset, pieces = opened.start, _Pieces(opened.pieces)
    while offset < upload.size_bytes:
        claim.renew()
        length = min(AT_ONCE_BYTES, upload.size_bytes - offset)
        grown = upload_receive(upload=upload, start=offset, length=length, pieces=pieces.of(length))
        if grown == offset:
            raise FetchProblem("The connection ended before the file did.", permanent=False)
        offset = grown


class _Pieces:
    """Bytes as they come, in parts of at most so many and so long; what is over is given with the next part."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self.source = source
        self.rest = b""

    def of(self, n_bytes: int) -> Iterator[bytes]:
        end = time.monotonic() + AT_ONCE_S
        while n_bytes:
            piece = self.rest or next(self.source, b"")
            if not piece:
                return
            piece, self.rest = piece[:n_bytes], piece[n_bytes:]
            n_bytes -= len(piece)
            yield piece
            if time.monotonic() > end:
                return


def _begun(item: SourceItem) -> Upload | None:
    """The upload that goes on; one that is late is ended by the sweeper, and the file begun anew."""
    upload = newest_upload(item)
    return upload if upload and upload.status == Upload.Status.RECEIVING and not upload.is_expired else None


def _forget_upload(item: SourceItem) -> None:
    for upload in item.uploads.filter(status=Upload.Status.RECEIVING):
        upload_cancel(upload=upload)


def _failed(item: SourceItem, problem: FetchProblem) -> None:
    item.attempts += 1
    log.warning("fetch_failed", extra={"item_id": item.pk, "attempts": item.attempts, "problem": str(problem)})
    if problem.permanent or item.attempts >= MAX_ATTEMPTS:
        _forget_upload(item)
        tried = "" if problem.permanent else f" It was tried {item.attempts} times."
        _set(item, status=Status.REFUSED, error=f"{problem}{tried}", attempts=item.attempts)
        return
    not_before = timezone.now() + timedelta(seconds=backoff_s(item.attempts))
    _set(item, status=Status.WAITING, error=str(problem), attempts=item.attempts, not_before=not_before)


def _refused(item: SourceItem, problem: Problem) -> None:
    if problem.status in REFUSED:
        _set(item, status=Status.REFUSED, error=problem.message)
    elif problem.status not in (*COME_AGAIN, 410):  # 410: the upload was ended, and `settle` says how
        _set(item, status=Status.WAITING)
        raise SourceProblem(problem.message)


def _set(item: SourceItem, **fields: object) -> None:
    """Unless a person cancelled it meanwhile."""
    open_item = SourceItem.objects.filter(pk=item.pk, status__in=(Status.WAITING, Status.FETCHING))
    open_item.update(**fields, changed_at=timezone.now())
