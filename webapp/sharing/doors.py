"""A link to a library is opened. Its address is left at once, so that the secret stands in no page's address."""

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from indexer.selectors import can_view, is_guest
from webapp.sharing import services, sessions, tries
from webapp.sharing.guests import guests_may_ask
from webapp.sharing.models import ShareLink
from webapp.sharing.selectors import link_of


@login_not_required
@require_GET
def shared(request: HttpRequest, secret: str) -> HttpResponse:
    tries.check(request)
    link = link_of(secret)
    if link is None:
        tries.failed(request)
        raise sessions.gone()
    if not request.user.is_authenticated:
        return _come_in(request, link)
    if can_view(request.user, link.library):
        return sessions.leave_for("library", link.library_id)
    sessions.keep(request, sessions.OFFERED, link)
    return sessions.leave_for("shared-offer")


@never_cache
@require_http_methods(["GET", "POST"])
def shared_offer(request: HttpRequest) -> HttpResponse:
    """To somebody signed in who is no member: nobody is signed out by merely opening a link."""
    link = sessions.offered(request)
    if link is None:
        raise sessions.gone()
    if request.method == "GET":
        return render(request, "sharing/offer.html", {"link": link})
    logout(request)
    return _come_in(request, link)


@guests_may_ask
@require_POST
def shared_leave(request: HttpRequest) -> HttpResponse:
    """A guest ends their own session; the link stays as it is."""
    if not is_guest(request.user):
        return redirect("home")
    request.session.flush()
    return redirect("shared-left")


@login_not_required
@require_safe
def shared_left(request: HttpRequest) -> HttpResponse:
    return render(request, "sharing/left.html")


def _come_in(request: HttpRequest, link: ShareLink) -> HttpResponse:
    services.link_opened(link=link)
    sessions.keep(request, sessions.LINK, link)
    return sessions.leave_for("home")
