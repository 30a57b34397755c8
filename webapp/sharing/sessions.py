"""What a browser's session keeps of a link: which one it was, never that it works. That is asked of the database at
every request, so a link that ended stops at once."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from indexer.selectors import Guest
from webapp.errors import Problem
from webapp.sharing.models import Door, Invitation, ShareLink
from webapp.sharing.selectors import invitations_that_work, links_that_work

LINK, OFFERED, INVITATION = "share-link", "share-link-offered", "invitation"
SEEN_EVERY = timedelta(minutes=1)  # a row is not written at every request
GONE = "This link opens nothing, or nothing any more. Ask the person who sent it for another."
# Nobody further along learns where a visitor came from, and no cache keeps what is shown once.
SECRETIVE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def gone() -> Problem:
    """One answer for a link that is wrong, has ended, was used, or never was."""
    return Problem(GONE, status=404, headers=SECRETIVE)


def leave_for(page: str, *arguments: object) -> HttpResponse:
    """Away from the address that holds the secret."""
    answer = redirect(page, *arguments)
    for name, value in SECRETIVE.items():
        answer[name] = value
    return answer


def keep(request: HttpRequest, name: str, door: Door) -> None:
    """Under a new session key: one that was planted in this browser before is worth nothing now."""
    request.session.cycle_key()
    request.session[name] = door.pk


def came_by_link(request: HttpRequest) -> bool:
    return LINK in request.session


def guest_of(request: HttpRequest) -> Guest | None:
    link = links_that_work().select_related("library").filter(pk=_kept(request, LINK)).first()
    if link is None:
        return None
    now = timezone.now()
    if link.seen_at is None or now - link.seen_at > SEEN_EVERY:
        ShareLink.objects.filter(pk=link.pk).update(seen_at=now)
    return Guest(link.library, link.ends_at)


def offered(request: HttpRequest) -> ShareLink | None:
    return links_that_work().select_related("library").filter(pk=_kept(request, OFFERED)).first()


def invitation(request: HttpRequest) -> Invitation | None:
    found = invitations_that_work().select_related("library", "made_by")
    return found.filter(pk=_kept(request, INVITATION)).first()


def _kept(request: HttpRequest, name: str) -> int:
    """The row's id; 0 is nobody's."""
    return int(request.session.get(name, 0))
