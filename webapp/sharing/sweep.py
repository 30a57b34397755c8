"""What links leave behind: their rows, long after they ended, and the sessions of who came by them."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from webapp.sharing.models import Invitation, ShareLink
from webapp.sharing.sessions import LINK

log = logging.getLogger(__name__)

ROWS_KEPT = timedelta(days=30)  # the owner still sees how often a link was opened
SESSIONS_KEPT = timedelta(days=1)  # who was inside still reads that the link has ended


def links_sweep() -> int:
    """How many sessions were ended. Safe to run at any moment, beside any request."""
    now = timezone.now()
    for doors in (ShareLink.objects.all(), Invitation.objects.all()):
        doors.filter(ends_at__lt=now - ROWS_KEPT).delete()
    guests = list(_guests())  # before the links: of one that is opened meanwhile the link is there
    alive = set(ShareLink.objects.filter(ends_at__gt=now - SESSIONS_KEPT).values_list("pk", flat=True))
    over = [session_key for session_key, link_id in guests if link_id not in alive]
    n_ended, _ = Session.objects.filter(pk__in=over).delete()
    SessionStore.clear_expired()
    log.info("links_swept", extra={"n_sessions": n_ended})
    return n_ended


def _guests() -> Iterator[tuple[str, int]]:
    """Sessions that hold a link and no account, with the link. What a session holds is not to be asked of the table."""
    for session in Session.objects.iterator():
        kept = session.get_decoded()
        if LINK in kept and SESSION_KEY not in kept:
            yield session.session_key, int(kept[LINK])
