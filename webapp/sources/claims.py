"""One look at a source at a time. As for videos (indexer.leases): a conditional update, a token, Postgres's clock."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from webapp.sources.models import Source

LEASE_S = 120  # longer than a piece of any file takes, so that a lost worker costs two minutes
RENEW_S = 10


class Lost(Exception):
    """The source was paused or removed, or another worker looks at it: stop, and write nothing."""


@dataclass
class Claim:
    source_id: uuid.UUID
    token: uuid.UUID = field(default_factory=uuid.uuid4)
    renewed_at: float = field(default_factory=time.monotonic)

    def held(self) -> QuerySet[Source]:
        return Source.objects.filter(pk=self.source_id, lease_token=self.token, paused=False)

    def renew(self) -> None:
        """For loops that come by many times a second."""
        if time.monotonic() - self.renewed_at < RENEW_S:
            return
        self.check()

    def check(self) -> None:
        self.renewed_at = time.monotonic()
        if not self.held().update(lease_until=_until()):
            raise Lost

    def end(self, **fields: Any) -> None:
        Source.objects.filter(pk=self.source_id, lease_token=self.token).update(
            lease_token=None, lease_until=None, **fields
        )


def claim(source_id: uuid.UUID) -> Claim | None:
    """None: another worker looks, or nobody should."""
    made = Claim(source_id)
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    waiting = Source.objects.filter(free, pk=source_id, paused=False)
    return made if waiting.update(lease_token=made.token, lease_until=_until()) else None


def _until() -> Any:
    return Now() + timedelta(seconds=LEASE_S)
