"""How a guest's visit ends: they leave, or the sweep comes long after their link has ended."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from indexer.models import Library
from webapp.sharing.models import Invitation, ShareLink
from webapp.sharing.services import invitation_make, link_make
from webapp.sharing.sweep import links_sweep
from webapp.sharing.tasks import sweep_links

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(library: Library, alice) -> ShareLink:
    made, made.secret = link_make(library=library, made_by=alice, name="Grandparents", days=7)
    return made


def came(link: ShareLink) -> Client:
    guest = Client()
    assert guest.get(f"/s/{link.secret}").status_code == 302
    return guest


def ended(link: ShareLink, ago: timedelta) -> None:
    ShareLink.objects.filter(pk=link.pk).update(ends_at=timezone.now() - ago)


def test_a_guest_leaves_and_the_link_stays(link: ShareLink, as_alice) -> None:
    guest, other = came(link), came(link)
    assert "Leave" in guest.get("/").content.decode()
    assert guest.get("/shared/leave").status_code == 403, "nobody leaves by merely opening an address"
    left = guest.post("/shared/leave", follow=True)
    assert "You have left" in left.content.decode()
    assert guest.get("/")["Location"].startswith("/sign-in")
    assert [other.get("/").status_code, came(link).get("/").status_code] == [200, 200]
    assert as_alice.post("/shared/leave")["Location"] == "/"
    assert as_alice.get("/").status_code == 200, "who has an account signs out instead"


def test_the_sweep_ends_sessions_of_links_that_ended_and_no_other(link: ShareLink, library, alice, as_alice) -> None:
    other, other.secret = link_make(library=library, made_by=alice, name="Works", days=1)
    guest, inside = came(link), came(other)
    signed_in = came(link)
    signed_in.force_login(alice)
    ended(link, timedelta(hours=1))
    assert links_sweep() == 0
    assert "or nothing any more" in guest.get("/").content.decode(), "for a day it is said"
    ended(link, timedelta(days=2))
    assert links_sweep() == 1
    assert links_sweep() == 0
    assert guest.get("/")["Location"].startswith("/sign-in")
    assert [client.get("/").status_code for client in (inside, signed_in, as_alice)] == [200, 200, 200]
    other.delete()
    assert links_sweep() == 1, "a link that is gone has ended"


def test_the_sweep_forgets_rows_after_a_month_and_sessions_that_expired(link: ShareLink, library, alice) -> None:
    invitation_make(library=library, made_by=alice, role="viewer")
    came(link)
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    sweep_links()
    assert (ShareLink.objects.count(), Invitation.objects.count(), Session.objects.count()) == (1, 1, 0)
    for days, n_left in ((29, 1), (31, 0)):
        for table in (ShareLink, Invitation):
            table.objects.update(ends_at=timezone.now() - timedelta(days=days))
        sweep_links()
        assert (ShareLink.objects.count(), Invitation.objects.count()) == (n_left, n_left)
