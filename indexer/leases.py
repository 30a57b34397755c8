"""Claims on a video's work. The message is only a doorbell: whoever changes the row has the work.

A claim is one conditional update that sets a token and `lease_until`. A thread renews it while the process lives and
the work moves on; a worker that lost its lease stops quietly. All times are Postgres's, as workers' clocks differ.
"""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from django.db import DatabaseError, connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from indexer.models import Video
from indexer.selectors import videos_present

log = logging.getLogger(__name__)

LEASE_S = 60  # with a sweep every 30 s, a lost worker's video is taken up again within a minute and a half
KEEP_S = 15  # between renewals
STALLED_S = 15 * 60  # nothing moved for so long: the worker hangs, and its lease may run out
MAX_ATTEMPTS = 5
MAX_MEDIA_ATTEMPTS = 3

Kind = Literal["index", "media", "caption", "track"]
PREFIX: dict[Kind, str] = {
    "index": "",
    "media": "media_",
    "caption": "caption_",
}  # of the fields that hold a kind's claim


class LeaseLost(Exception):
    """Another worker has the video, or it is in the trash or being deleted: stop, and write nothing."""


class Cancelled(Exception):
    """A person asked to stop."""


@dataclass
class Lease:
    """A worker's claim on one kind of a video's work."""

    video_id: uuid.UUID
    kind: Kind
    token: uuid.UUID = field(default_factory=uuid.uuid4)
    moved_at: float = field(default_factory=time.monotonic)

    def held(self) -> QuerySet[Any]:
        """The row while the lease is held; nothing once it is lost."""
        return Video.objects.filter(pk=self.video_id, **{f"{PREFIX[self.kind]}lease_token": self.token})

    def until(self) -> dict[str, Any]:
        return until(self.kind)

    def renew(self, **fields: Any) -> None:
        """Say that work went on. LeaseLost where it must stop."""
        self.moved_at = time.monotonic()
        if not self.held().update(**self.until(), **fields):
            raise LeaseLost

    def renew_if_due(self) -> None:
        """For callbacks that come many times a second."""
        if time.monotonic() - self.moved_at > KEEP_S / 3:
            self.renew()

    def move(self, **fields: Any) -> None:
        """Renew, unless a person asked to cancel: Cancelled then."""
        if self.held().filter(cancel_requested=True).exists():
            raise Cancelled
        self.renew(**fields)

    def end(self, **fields: Any) -> bool:
        """Give the lease up with the last word on the video. False: it was lost before, and nothing is written."""
        prefix = PREFIX[self.kind]
        nothing = {f"{prefix}lease_token": None, f"{prefix}lease_until": None}
        return self.held().update(**(nothing | fields)) == 1


def claim(video_id: uuid.UUID | str, kind: Kind) -> Lease | None:
    """Take a video's work, if it waits or its lease has run out. None: there is nothing to do here."""
    lease, prefix = Lease(uuid.UUID(str(video_id)), kind), PREFIX[kind]
    reset: dict[str, Any] = {"progress": 0.0, "stage": "probe", "stage_timings": {}} if kind == "index" else {}
    taken = (
        claimable(kind)
        .filter(pk=lease.video_id)
        .update(
            **{
                f"{prefix}status": Video.Status.INDEXING,
                f"{prefix}lease_token": lease.token,
                f"{prefix}attempts": F(f"{prefix}attempts") + 1,
            },
            **until(kind),
            **reset,
        )
    )
    return lease if taken else None


def claimable(kind: Kind) -> QuerySet[Video]:
    """Videos that a worker may claim now; nothing is done for those in the trash."""
    present = videos_present()
    if kind == "index":
        waits = Q(status=Video.Status.UPLOADED) & (Q(not_before=None) | Q(not_before__lte=Now()))
        lapsed = Q(status=Video.Status.INDEXING, lease_until__lt=Now(), cancel_requested=False)
        return present.filter(waits | lapsed, attempts__lt=MAX_ATTEMPTS)
    prefix, states = PREFIX[kind], (Video.Status.UPLOADED, Video.Status.INDEXING)
    free = Q(**{f"{prefix}lease_until": None}) | Q(**{f"{prefix}lease_until__lt": Now()})
    open_to_claims = Q(**{f"{prefix}status__in": states, f"{prefix}attempts__lt": MAX_ATTEMPTS})
    if kind == "media":
        return present.filter(free, open_to_claims)
    return present.filter(free, open_to_claims, status=Video.Status.READY, indexed_at__isnull=False)


def until(kind: Kind) -> dict[str, Any]:
    return {f"{PREFIX[kind]}lease_until": Now() + timedelta(seconds=LEASE_S)}


@contextmanager
def kept(lease: Lease) -> Iterator[None]:
    """Renew the lease from a thread while the block runs: one batch of a hard video may take longer than a lease."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep, args=(lease, stop), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep(lease: Lease, stop: threading.Event) -> None:
    try:
        while not stop.wait(KEEP_S) and time.monotonic() - lease.moved_at < STALLED_S:
            try:
                if not lease.held().update(**lease.until()):
                    return  # lost: the next batch says so
            except DatabaseError:
                log.warning("lease_not_renewed", extra={"video_id": str(lease.video_id)}, exc_info=True)
                connection.close()  # the next turn connects again
    finally:
        connection.close()
