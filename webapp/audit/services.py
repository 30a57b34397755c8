"""The one way into the audit log, and the one way out of it."""

from datetime import timedelta

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from indexer.words import one_line
from webapp.audit.current import request_now
from webapp.audit.models import AuditEntry

Kind = AuditEntry.Kind
ABOUT_MAX = 300


def record(
    kind: Kind,
    about: str = "",
    *,
    person: AbstractBaseUser | AnonymousUser | None = None,
    request: HttpRequest | None = None,
) -> None:
    """A deed of the person who asks now, or of another. In the transaction of the deed: both are stored, or neither."""
    request = request or request_now.get()
    person = person or getattr(request, "user", None)
    is_known = person is not None and person.is_authenticated
    AuditEntry.objects.create(
        kind=kind,
        person_id=person.pk if person is not None and is_known else None,
        person=person.get_username() if person is not None and is_known else "",
        about=one_line(about)[:ABOUT_MAX],
        address=get_client_ip_address(request) if request is not None and "REMOTE_ADDR" in request.META else None,
    )


@transaction.atomic
def audit_sweep() -> int:
    """Forget what is older than its time; how many rows. The table lets only a transaction that says so delete."""
    over = AuditEntry.objects.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL seekframe.audit_sweep = 'on'")
    return over.delete()[0]
