"""Who belongs to a library, and the links into it: what their page does, by the same rules.

What makes an address takes no Idempotency-Key: the answer kept for it would hold the secret, which is stored nowhere.
"""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from ninja import Router, Status
from ninja.decorators import decorate_view
from ninja.pagination import paginate

from indexer.models import Library, Membership
from webapp.api.auth import READ, WRITE
from webapp.api.listing import PAGE, Pages
from webapp.api.once import once
from webapp.api.sharing_schemas import (
    InvitationMadeOut,
    InvitationOut,
    LinkIn,
    LinkMadeOut,
    LinkOut,
    PersonIn,
    PersonOut,
    RoleIn,
)
from webapp.sharing import services
from webapp.sharing.models import Invitation, ShareLink
from webapp.sharing.people import joined, owned
from webapp.sharing.selectors import invitations_that_work, links_that_ended, links_that_work, people_of

router = Router()


@router.get("/libraries/{uuid:library_id}/people", response=list[PersonOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def people(request: HttpRequest, library_id: UUID) -> QuerySet[Membership]:
    """Its members, for each of them: owners first, then editors, then viewers."""
    return people_of(joined(request, library_id))


@router.post("/libraries/{uuid:library_id}/people", response={201: PersonOut}, auth=WRITE)
@once(PersonOut)
def person_new(request: HttpRequest, library_id: UUID, made: PersonIn) -> Membership:
    """Somebody who has an account. 409 where nobody has the name, or who has it is a member already."""
    return services.person_add(library=owned(request, library_id), username=made.username, role=made.role.value)


@router.patch("/libraries/{uuid:library_id}/people/{int:user_id}", response=PersonOut, auth=WRITE)
def person_role(request: HttpRequest, library_id: UUID, user_id: int, change: RoleIn) -> Membership:
    """409 where the library would be without an owner."""
    library = owned(request, library_id)
    _member(library, user_id)
    services.person_role(library=library, user_id=user_id, role=change.role.value)
    return _member(library, user_id)


@router.delete("/libraries/{uuid:library_id}/people/{int:user_id}", response={204: None}, auth=WRITE)
def person_remove(request: HttpRequest, library_id: UUID, user_id: int) -> Status[None]:
    """An owner removes anyone; anyone leaves. 409 for the last owner."""
    library = joined(request, library_id) if user_id == request.user.pk else owned(request, library_id)
    _member(library, user_id)
    services.person_remove(library=library, user_id=user_id)
    return Status(204, None)


@router.get("/libraries/{uuid:library_id}/invitations", response=list[InvitationOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def invitations(request: HttpRequest, library_id: UUID) -> QuerySet[Invitation]:
    """Those that work, the newest first, for owners."""
    return invitations_that_work().filter(library=owned(request, library_id)).select_related("made_by")


@router.post("/libraries/{uuid:library_id}/invitations", response={201: InvitationMadeOut}, auth=WRITE)
@decorate_view(never_cache)
def invitation_new(request: HttpRequest, library_id: UUID, made: RoleIn) -> Status[Invitation]:
    """Whoever first opens its `address` within a week may join, with an account or a new one."""
    library = owned(request, library_id)
    invitation, secret = services.invitation_make(library=library, made_by=_person(request), role=made.role.value)
    invitation.address = request.build_absolute_uri(reverse("join-open", args=[secret]))  # type: ignore[attr-defined]
    return Status(201, invitation)


@router.delete("/libraries/{uuid:library_id}/invitations/{int:invitation_id}", response={204: None}, auth=WRITE)
def invitation_withdraw(request: HttpRequest, library_id: UUID, invitation_id: int) -> Status[None]:
    """404 where it is gone, or somebody has used it."""
    library = owned(request, library_id)
    if not services.invitation_withdraw(library=library, invitation_id=invitation_id):
        raise Http404
    return Status(204, None)


@router.get("/libraries/{uuid:library_id}/links", response=list[LinkOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def links(request: HttpRequest, library_id: UUID, ended: bool = False) -> QuerySet[ShareLink]:
    """Those that work, the newest first, for owners; with `ended` the latest that do so no more."""
    library = owned(request, library_id)
    if ended:
        return links_that_ended(library)
    return links_that_work().filter(library=library).select_related("made_by")


@router.post("/libraries/{uuid:library_id}/links", response={201: LinkMadeOut}, auth=WRITE)
@decorate_view(never_cache)
def link_new(request: HttpRequest, library_id: UUID, made: LinkIn) -> Status[ShareLink]:
    """Whoever has its `address` may look at the library, without an account, for so many days."""
    library = owned(request, library_id)
    link, secret = services.link_make(library=library, made_by=_person(request), name=made.name, days=made.days)
    link.address = request.build_absolute_uri(reverse("shared", args=[secret]))  # type: ignore[attr-defined]
    return Status(201, link)


@router.delete("/libraries/{uuid:library_id}/links/{int:link_id}", response={204: None}, auth=WRITE)
def link_end(request: HttpRequest, library_id: UUID, link_id: int) -> Status[None]:
    """Who came by it sees nothing more."""
    library = owned(request, library_id)
    services.link_end(link=get_object_or_404(ShareLink, pk=link_id, library=library))
    return Status(204, None)


def _member(library: Library, user_id: int) -> Membership:
    return get_object_or_404(people_of(library), user_id=user_id)


def _person(request: HttpRequest) -> User:
    assert request.user.is_authenticated
    return request.user
