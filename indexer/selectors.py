"""Reads: who may see what. Every view starts from these querysets, so that a stranger meets a 404."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from indexer.models import Library, Membership, Segment, Video

Person = AbstractBaseUser | AnonymousUser

EDITORS = (Membership.Role.OWNER, Membership.Role.EDITOR)


class Guest(AnonymousUser):
    """Somebody without an account who was let in to look at one library, until a time.

    To all that asks for an account a guest is nobody, so what does not know of guests is closed to them.
    """

    is_guest = True

    def __init__(self, library: Library, until: datetime) -> None:
        super().__init__()
        self.library, self.until = library, until


def is_guest(user: Person) -> bool:
    return isinstance(user, Guest)


def libraries_visible_to(user: Person) -> QuerySet[Library]:
    """Libraries a person belongs to, and the sample library, which everyone signed in may view. A guest has one."""
    if isinstance(user, Guest):
        return Library.objects.filter(pk=user.library.pk)
    if not user.is_authenticated:
        return Library.objects.none()
    mine = Membership.objects.filter(user_id=user.pk).values("library")
    return Library.objects.filter(Q(pk__in=mine) | Q(is_sample=True))


def libraries_editable_by(user: Person) -> QuerySet[Library]:
    """Libraries a person may upload to."""
    if not user.is_authenticated:
        return Library.objects.none()
    mine = Membership.objects.filter(user_id=user.pk, role__in=EDITORS).values("library")
    return Library.objects.filter(pk__in=mine)


def videos_visible_to(user: Person) -> QuerySet[Video]:
    """Videos of the libraries a person may see. One that is being deleted is gone for everyone."""
    return videos_present().filter(library__in=libraries_visible_to(user))


def videos_editable_by(user: Person) -> QuerySet[Video]:
    return videos_present().filter(library__in=libraries_editable_by(user))


def videos_present() -> QuerySet[Video]:
    return Video.objects.exclude(status=Video.Status.DELETING)


def role_of(user: Person, library: Library) -> str | None:
    """owner, editor, viewer, or None for a stranger. Everyone signed in is at least a viewer of the samples."""
    if isinstance(user, Guest):
        return Membership.Role.VIEWER if user.library.pk == library.pk else None
    if not user.is_authenticated:
        return None
    membership = Membership.objects.filter(user_id=user.pk, library=library).first()
    if membership is not None:
        return membership.role
    return Membership.Role.VIEWER if library.is_sample else None


def roles_of(user: Person) -> dict[UUID, str]:
    """By library, of those a person belongs to: for lists, where asking for each would be many questions."""
    if not user.is_authenticated:
        return {}
    return dict(Membership.objects.filter(user_id=user.pk).values_list("library", "role"))


def can_view(user: Person, library: Library) -> bool:
    return role_of(user, library) is not None


def can_edit(user: Person, library: Library) -> bool:
    """Upload, rename, re-index, cancel, delete."""
    return role_of(user, library) in EDITORS


def can_share(user: Person, library: Library) -> bool:
    return role_of(user, library) == Membership.Role.OWNER


def is_member(user: Person, library: Library) -> bool:
    """Belongs to it: more than looking at it, which the samples and a link allow as well."""
    return user.is_authenticated and Membership.objects.filter(user_id=user.pk, library=library).exists()


def same_file(library: Library, sha256: str) -> Video | None:
    """A video of this library with the same content, the oldest."""
    return videos_present().filter(library=library, sha256=sha256).exclude(sha256="").order_by("created_at").first()


def is_searchable(video: Video) -> bool:
    """True once an index of the video is stored; a re-index keeps the old one until the new one replaces it."""
    return Segment.objects.filter(video=video).exists()
