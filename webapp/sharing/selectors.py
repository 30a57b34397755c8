"""Who belongs to a library, and which links into it work at this moment."""

from typing import TypeVar

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils import timezone

from indexer.models import Library, Membership
from webapp.api.models import digest_of
from webapp.sharing.models import Door, Invitation, ShareLink

Kind = TypeVar("Kind", bound=Door)
ENDED_SHOWN = 10  # links that ended, in the owner's list


def people_of(library: Library) -> QuerySet[Membership]:
    """Owners first, then editors, then viewers."""
    places = [When(role=role, then=Value(place)) for place, role in enumerate(Membership.Role.values)]
    return library.memberships.select_related("user").order_by(Case(*places), "user__username")


def links_that_work() -> QuerySet[ShareLink]:
    return _working(ShareLink.objects.all())


def invitations_that_work() -> QuerySet[Invitation]:
    return _working(Invitation.objects.filter(used_at=None))


def link_of(secret: str) -> ShareLink | None:
    return links_that_work().select_related("library").filter(digest=digest_of(secret)).first()


def invitation_of(secret: str) -> Invitation | None:
    return invitations_that_work().select_related("library").filter(digest=digest_of(secret)).first()


def links_that_ended(library: Library) -> QuerySet[ShareLink]:
    """The latest few, so that an owner still sees how often they were opened."""
    ended = ShareLink.objects.filter(library=library).exclude(pk__in=links_that_work().values("pk"))
    return ended.select_related("made_by").order_by("-ends_at", "-id")[:ENDED_SHOWN]


def _working(doors: QuerySet[Kind]) -> QuerySet[Kind]:
    """A person who no longer owns the library, or may no longer sign in, lets nobody in."""
    owns = Membership.objects.filter(
        library=OuterRef("library"), user=OuterRef("made_by"), role=Membership.Role.OWNER, user__is_active=True
    )
    return doors.filter(Exists(owns), ends_at__gt=timezone.now())
