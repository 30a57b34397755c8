"""Reads: who may see what. Every view starts from these querysets, so that a stranger meets a 404."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import F, Q, QuerySet

from indexer.models import Library, Membership, Segment, Tag, Video

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
    """Videos of the libraries a person may see. One in the trash, or being deleted, is gone for everyone."""
    return videos_present().filter(library__in=libraries_visible_to(user))


def videos_editable_by(user: Person) -> QuerySet[Video]:
    return videos_present().filter(library__in=libraries_editable_by(user))


def is_present(prefix: str = "") -> Q:
    """Neither in the trash nor being deleted: what every list, count and search asks for. `prefix` leads to the video.

    In SQL it stands once more, in `search.filters`.
    """
    return Q(**{f"{prefix}trashed_at": None}) & ~Q(**{f"{prefix}status": Video.Status.DELETING})


def videos_present() -> QuerySet[Video]:
    return Video.objects.filter(is_present())


def videos_in_trash() -> QuerySet[Video]:
    """Those that can still be restored, the latest first."""
    return Video.objects.exclude(trashed_at=None).exclude(status=Video.Status.DELETING).order_by("-trashed_at", "id")


def trash_open_to(user: Person) -> QuerySet[Video]:
    """The trash of libraries a person may change; to others what lies there is gone."""
    return videos_in_trash().filter(library__in=libraries_editable_by(user))


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
    """A video of this library with the same content, the oldest; one in the trash where there is no other."""
    alike = Video.objects.filter(library=library, sha256=sha256).exclude(sha256="")
    alike = alike.exclude(status=Video.Status.DELETING)
    return alike.order_by(F("trashed_at").asc(nulls_first=True), "created_at").first()


def tag_names_in(libraries: QuerySet[Library]) -> list[str]:
    """The names of tags that present videos of these libraries have; of names that differ in capitals the first."""
    used = Tag.objects.filter(is_present("videos__"), library__in=libraries, videos__isnull=False)
    names: dict[str, str] = {}
    for name in used.order_by("name").values_list("name", flat=True).distinct():
        names.setdefault(name.casefold(), name)
    return sorted(names.values(), key=str.casefold)


def uploaders_known_to(user: Person) -> QuerySet[User]:
    """Who added a present video to a person's libraries. Who only looks on is not told who the others are."""
    if not user.is_authenticated:
        return User.objects.none()
    mine = Membership.objects.filter(user_id=user.pk).values("library")
    added = videos_present().filter(library__in=mine).exclude(uploaded_by=None)
    return User.objects.filter(pk__in=added.order_by().values("uploaded_by")).order_by("username")


def is_searchable(video: Video) -> bool:
    """True once an index of the video is stored; a re-index keeps the old one until the new one replaces it."""
    return Segment.objects.filter(video=video).exists()
