"""The sources of a library, for those who may change it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indexer.models import Library
from indexer.selectors import can_edit, libraries_visible_to
from webapp.errors import Problem
from webapp.pages.actions import editable_library
from webapp.sources import roots, services
from webapp.sources.forms import SourceForm
from webapp.sources.models import Source, SourceItem
from webapp.sources.selectors import shown


def editable_source(request: HttpRequest, source_id: UUID) -> Source:
    """404 for a stranger, 403 for one who may only look: a place says much about the server."""
    seen = Source.objects.filter(library__in=libraries_visible_to(request.user))
    source = get_object_or_404(seen.select_related("library", "owner"), pk=source_id)
    if not can_edit(request.user, source.library):
        raise PermissionDenied
    return source


@require_http_methods(["GET", "POST"])
def sources_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and added(request, library, form):
        return redirect("sources", library.pk)
    sources = library.sources.select_related("library", "owner")
    context = {
        "library": library,
        "sources": [shown(source) for source in sources],
        "form": form,
        "folders": roots.folders(),
        "buckets": roots.buckets(),
    }
    return render(request, "pages/sources.html", context, status=400 if form.errors else 200)


def added(request: HttpRequest, library: Library, form: SourceForm) -> bool:
    try:
        services.source_add(
            library=library,
            owner=request.user,  # type: ignore[arg-type]  # signed in: the middleware looked
            kind=form.kind,
            place=form.cleaned_data["place"],
        )
    except Problem as problem:
        form.add_error("place", problem.message)
        return False
    messages.success(request, _("The source is added. A worker looks at it within a minute."))
    return True


@never_cache
@require_GET
def source_state(request: HttpRequest, source_id: UUID) -> HttpResponse:
    source = editable_source(request, source_id)
    return render(request, "fragments/source.html", {"shown": shown(source)})


@require_POST
def source_pause(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """Pause, or go on where `paused` is empty."""
    source = editable_source(request, source_id)
    services.source_pause(source=source, paused=bool(request.POST.get("paused")))
    return redirect("sources", source.library_id)


@require_POST
def source_look(request: HttpRequest, source_id: UUID) -> HttpResponse:
    source = editable_source(request, source_id)
    services.ring(source.pk)
    messages.success(request, _("A worker is asked to look now."))
    return redirect("sources", source.library_id)


@require_POST
def source_remove(request: HttpRequest, source_id: UUID) -> HttpResponse:
    source = editable_source(request, source_id)
    services.source_remove(source=source)
    messages.success(request, _("The source is removed. The videos that it brought in stay."))
    return redirect("sources", source.library_id)


@require_POST
def item_cancel(request: HttpRequest, source_id: UUID, item_id: int) -> HttpResponse:
    item = _item(request, source_id, item_id)
    if not services.item_cancel(item=item):
        messages.info(request, _("There was nothing to cancel: all of it is here."))
    return redirect("sources", item.source.library_id)


@require_POST
def item_retry(request: HttpRequest, source_id: UUID, item_id: int) -> HttpResponse:
    item = _item(request, source_id, item_id)
    if not services.item_retry(item=item):
        messages.info(request, _("It is under way already."))
    return redirect("sources", item.source.library_id)


def _item(request: HttpRequest, source_id: UUID, item_id: int) -> SourceItem:
    source = editable_source(request, source_id)
    return get_object_or_404(SourceItem.objects.select_related("source"), pk=item_id, source=source)
