"""The people of a library: who they are, for its members; and what an owner does about it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from indexer.models import Library, Membership
from indexer.selectors import can_share, is_member, libraries_visible_to
from webapp.languages.stored import in_language
from webapp.sharing import services
from webapp.sharing.forms import InviteForm, PersonForm, RoleForm
from webapp.sharing.selectors import invitations_that_work, links_that_work, people_of
from webapp.sharing.services import NotDone


def joined(request: HttpRequest, library_id: UUID) -> Library:
    """Of a member. Who only looks on, at the samples or by a link, is not told who the others are."""
    library = get_object_or_404(libraries_visible_to(request.user), pk=library_id)
    if not is_member(request.user, library):
        raise Http404
    return library


def owned(request: HttpRequest, library_id: UUID) -> Library:
    library = joined(request, library_id)
    if not can_share(request.user, library):
        raise PermissionDenied(
            "Only an owner of this library may do this."
        )  # programs are told; a page has its own words
    return library


@never_cache
@require_http_methods(["GET", "POST"])
def people_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = joined(request, library_id) if request.method == "GET" else owned(request, library_id)
    form = PersonForm(request.POST or None)
    if form.is_valid():
        try:
            added = services.person_add(library=library, **form.cleaned_data)
        except NotDone as problem:
            form.add_error("username", in_language(problem))
        else:
            said = _("%(person)s is now %(role)s of %(library)s.")
            names = {"person": added.user.get_username(), "role": in_language(added.role), "library": library.name}
            messages.success(request, said % names)
            return redirect("people", library.pk)
    return _page(request, library, form=form)


@never_cache
@require_POST
def invite(request: HttpRequest, library_id: UUID) -> HttpResponse:
    """The address is on the answer to its own request and nowhere else."""
    library = owned(request, library_id)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, library, invite_form=form)
    try:
        role = form.cleaned_data["role"]
        invitation, secret = services.invitation_make(library=library, made_by=request.user, role=role)  # type: ignore[arg-type]
    except NotDone as problem:
        form.add_error("role", in_language(problem))
        return _page(request, library, invite_form=form)
    address = request.build_absolute_uri(reverse("join-open", args=[secret]))
    return _page(request, library, made=invitation, address=address)


@require_POST
def invite_withdraw(request: HttpRequest, library_id: UUID, invitation_id: int) -> HttpResponse:
    library = owned(request, library_id)
    if services.invitation_withdraw(library=library, invitation_id=invitation_id):
        messages.success(request, _("The invitation is withdrawn: its link opens nothing any more."))
    else:
        messages.info(request, _("There was nothing to withdraw: the invitation is gone, or somebody has used it."))
    return redirect("people", library.pk)


@require_POST
def person_role(request: HttpRequest, library_id: UUID, user_id: int) -> HttpResponse:
    library = owned(request, library_id)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            services.person_role(library=library, user_id=user_id, role=form.cleaned_data["role"])
        except NotDone as problem:
            messages.error(request, in_language(problem))
    else:
        messages.error(request, _("This is not a role. Choose one from the list."))
    return redirect("people", library.pk)


@require_POST
def person_remove(request: HttpRequest, library_id: UUID, user_id: int) -> HttpResponse:
    """An owner removes anyone; anyone leaves."""
    is_self = user_id == request.user.pk
    library = joined(request, library_id) if is_self else owned(request, library_id)
    try:
        name = services.person_remove(library=library, user_id=user_id)
    except NotDone as problem:
        messages.error(request, in_language(problem))
        return redirect("people", library.pk)
    said = _("You have left %(library)s.") if is_self else _("%(person)s is no longer a member of %(library)s.")
    messages.success(request, said % {"person": name, "library": library.name})
    return redirect("home") if is_self else redirect("people", library.pk)


def _page(request: HttpRequest, library: Library, **more: object) -> HttpResponse:
    context = {
        "library": library,
        "people": people_of(library),
        "roles": Membership.Role.values,
        "may_share": can_share(request.user, library),
        "form": PersonForm(),
        "invite_form": InviteForm(),
        "invitations": invitations_that_work().filter(library=library).select_related("made_by"),
        "n_links": links_that_work().filter(library=library).count(),
    } | more
    refused = any(getattr(form, "errors", None) for form in (context["form"], context["invite_form"]))
    return render(request, "sharing/people.html", context, status=400 if refused else 200)
