"""Writes: who belongs to a library, and the links into it."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from indexer.models import Library, Membership
from webapp.api.models import digest_of
from webapp.audit.services import Kind, record
from webapp.sharing.models import Invitation, ShareLink, secret_make
from webapp.sharing.selectors import invitations_that_work, links_that_work

Role = Membership.Role
INVITATION_DAYS = 7
MOST = 100  # links, or invitations, of one library that work at a time
NOBODY = "Nobody here has the name {name}. Check it, or make an invitation."
LAST_OWNER = "A library needs an owner, and {name} is the only one. Make somebody else an owner first."


class NotDone(ValueError):
    """A sentence for the person."""


@transaction.atomic
def person_add(*, library: Library, username: str, role: str) -> Membership:
    user = User.objects.filter(username=User.normalize_username(username), is_active=True).first()
    if user is None:
        raise NotDone(NOBODY.format(name=username))
    try:
        with transaction.atomic():
            membership = Membership.objects.create(library=library, user=user, role=role)
    except IntegrityError as error:
        raise NotDone(f"{username} is a member already. Change the role in the list.") from error
    record(Kind.PERSON_ADDED, f"{username}, {role} of {library}")
    return membership


@transaction.atomic
def person_role(*, library: Library, user_id: int, role: str) -> None:
    membership = _member(library, user_id)
    if role != Role.OWNER:
        _keep_an_owner(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role)
    record(Kind.ROLE_CHANGED, f"{membership.user}, {role} of {library}")


@transaction.atomic
def person_remove(*, library: Library, user_id: int) -> str:
    """The name of who is no longer a member. What links they made stop with that."""
    membership = _member(library, user_id)
    _keep_an_owner(membership)
    membership.delete()
    record(Kind.PERSON_REMOVED, f"{membership.user}, {membership.role} of {library}")
    return membership.user.get_username()


@transaction.atomic
def link_make(*, library: Library, made_by: AbstractBaseUser, name: str, days: int) -> tuple[ShareLink, str]:
    """The row, and the secret of its address: it is stored nowhere."""
    _check_room(links_that_work().filter(library=library).count())
    secret = secret_make()
    ends_at = timezone.now() + timedelta(days=days)
    link = ShareLink.objects.create(
        library=library, made_by_id=made_by.pk, name=name, digest=digest_of(secret), ends_at=ends_at
    )
    record(Kind.LINK_MADE, f"{name}, to {library}")
    return link, secret


@transaction.atomic
def link_end(*, link: ShareLink) -> None:
    now = timezone.now()
    if ShareLink.objects.filter(pk=link.pk, ends_at__gt=now).update(ends_at=now):
        record(Kind.LINK_ENDED, f"{link}, to {link.library}")


@transaction.atomic
def link_opened(*, link: ShareLink) -> None:
    record(Kind.LINK_OPENED, f"{link}, to {link.library}")
    ShareLink.objects.filter(pk=link.pk).update(n_opened=F("n_opened") + 1, seen_at=timezone.now())


@transaction.atomic
def invitation_make(*, library: Library, made_by: AbstractBaseUser, role: str) -> tuple[Invitation, str]:
    """The row, and the secret of its address: it is stored nowhere."""
    _check_room(invitations_that_work().filter(library=library).count())
    secret = secret_make()
    ends_at = timezone.now() + timedelta(days=INVITATION_DAYS)
    invitation = Invitation.objects.create(
        library=library, made_by_id=made_by.pk, role=role, digest=digest_of(secret), ends_at=ends_at
    )
    record(Kind.INVITED, f"{role} of {library}")
    return invitation, secret


@transaction.atomic
def invitation_withdraw(*, library: Library, invitation_id: int) -> bool:
    """False where it was used meanwhile."""
    n, _ = Invitation.objects.filter(pk=invitation_id, library=library, used_at=None).delete()
    if n:
        record(Kind.INVITATION_WITHDRAWN, str(library))
    return bool(n)


@transaction.atomic
def invitation_accept(*, invitation: Invitation, user: AbstractBaseUser) -> bool:
    """Once, by whoever is first. A member keeps the role, and the invitation. False where it works no more."""
    membership = Membership.objects.filter(library_id=invitation.library_id, user_id=user.pk)
    claim = invitations_that_work().filter(pk=invitation.pk)
    if not membership.exists() and claim.update(used_at=timezone.now(), used_by_id=user.pk):
        Membership.objects.create(library_id=invitation.library_id, user_id=user.pk, role=invitation.role)
        record(Kind.JOINED, f"{invitation.role} of {invitation.library}", person=user)
    return membership.exists()


@transaction.atomic
def newcomer_create(*, invitation: Invitation, username: str, password: str) -> User | None:
    """An account that is a member, or neither: None where somebody was faster, with the name or with the invitation."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password=password)
    except IntegrityError:
        return None
    if invitation_accept(invitation=invitation, user=user):
        return user
    transaction.set_rollback(True)
    return None


def _member(library: Library, user_id: int) -> Membership:
    """Locked by way of the library: of two owners who leave at once the second sees that the first is gone."""
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)
    membership = Membership.objects.select_related("user").filter(library=library, user_id=user_id).first()
    if membership is None:
        raise NotDone("This person is no longer a member.")
    return membership


def _keep_an_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(library_id=membership.library_id, role=Role.OWNER, user__is_active=True)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise NotDone(LAST_OWNER.format(name=membership.user.get_username()))


def _check_room(n: int) -> None:
    if n >= MOST:
        raise NotDone(f"This library has {MOST} of them. End one that is no longer needed.")
