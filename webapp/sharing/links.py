"""The links by which people without an account look at a library, for its owners."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webapp.languages.stored import in_language
from webapp.sharing import services
from webapp.sharing.forms import LinkForm
from webapp.sharing.models import ShareLink
from webapp.sharing.people import owned
from webapp.sharing.selectors import links_that_ended, links_that_work
from webapp.sharing.services import NotDone


@never_cache
@require_http_methods(["GET", "POST"])
def links_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    """A new address is on the answer to its own request and nowhere else: not in a session, not in a log."""
    library = owned(request, library_id)
    form, made, address = LinkForm(request.POST or None), None, ""
    if form.is_valid():
        try:
            made, secret = services.link_make(library=library, made_by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except NotDone as problem:
            form.add_error(None, in_language(problem))
        else:
            form, address = LinkForm(), request.build_absolute_uri(reverse("shared", args=[secret]))
    links = links_that_work().filter(library=library).select_related("made_by")
    context = {"library": library, "form": form, "made": made, "address": address}
    context |= {"links": links, "ended": links_that_ended(library), "now": timezone.now()}
    return render(request, "sharing/links.html", context, status=400 if form.errors else 200)


@require_POST
def link_end(request: HttpRequest, library_id: UUID, link_id: int) -> HttpResponse:
    library = owned(request, library_id)
    link = get_object_or_404(ShareLink, pk=link_id, library=library)
    services.link_end(link=link)
    messages.success(request, _("The link %(name)s has ended: who came by it sees nothing more.") % {"name": link.name})
    return redirect("links", library.pk)
