"""An invitation is opened: a newcomer chooses a name and a password, somebody signed in simply joins."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from indexer.selectors import role_of
from webapp.languages.stored import in_language
from webapp.pages.accounts.forms import AccountForm
from webapp.sharing import services, sessions, tries
from webapp.sharing.models import Invitation
from webapp.sharing.selectors import invitation_of

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@require_GET
def join_open(request: HttpRequest, secret: str) -> HttpResponse:
    """Nothing is used up yet: a messenger that looks at the address first must not be the one who joins."""
    tries.check(request)
    invitation = invitation_of(secret)
    if invitation is None:
        tries.failed(request)
        raise sessions.gone()
    sessions.keep(request, sessions.INVITATION, invitation)
    return sessions.leave_for("join")


@never_cache
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    invitation = sessions.invitation(request)
    if invitation is None:
        raise sessions.gone()
    if request.user.is_authenticated:
        return _joined(request, invitation, services.invitation_accept(invitation=invitation, user=request.user))
    form = AccountForm(request.POST or None)
    if not form.is_valid():
        return render(request, "sharing/join.html", {"form": form, "invitation": invitation})
    name, password = form.cleaned_data["username"], form.cleaned_data["password1"]
    user = services.newcomer_create(invitation=invitation, username=name, password=password)
    if user is not None:
        login(request, user, backend=BACKEND)
    return _joined(request, invitation, user is not None)


def _joined(request: HttpRequest, invitation: Invitation, done: bool) -> HttpResponse:
    request.session.pop(sessions.INVITATION, None)
    if not done:
        raise sessions.gone()
    role = role_of(request.user, invitation.library)
    said = _("You are a member of %(library)s, as %(role)s.")
    messages.success(request, said % {"library": invitation.library.name, "role": in_language(role)})
    return redirect("library", invitation.library_id)
