"""Videos that look like copies: a worker compares them, people say where it is wrong."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from indexer.models import LikelyCopy
from search.copies_kept import copy_dismiss, copy_restore
from webapp.pages.actions import editable_library
from webapp.pages.back import page_before
from webapp.tasks import find_copies


@require_POST
def copies_find(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    try:
        find_copies.apply_async(args=[str(library.pk)], retry=False)
    except (OperationalError, OSError):
        messages.error(request, _("The workers cannot be reached, so nothing was started. Try again in a minute."))
    else:
        messages.success(
            request, _("A worker compares the videos. What it finds appears here: look again in a minute.")
        )
    return redirect("library", library.pk)


@require_POST
def copies_dismiss(request: HttpRequest, library_id: UUID, copy_id: int) -> HttpResponse:
    copy = editable_copy(request, library_id, copy_id)
    copy_dismiss(copy=copy)
    messages.success(
        request,
        _("%(first)s and %(second)s no longer count as copies. The library's page can take that back.")
        % {"first": copy.first.title, "second": copy.second.title},
    )
    before = page_before(request)
    return redirect(before) if before else redirect("library", library_id)


@require_POST
def copies_restore(request: HttpRequest, library_id: UUID, copy_id: int) -> HttpResponse:
    copy = editable_copy(request, library_id, copy_id)
    copy_restore(copy=copy)
    return redirect("library", library_id)


def editable_copy(request: HttpRequest, library_id: UUID, copy_id: int) -> LikelyCopy:
    """The pair for a person who may change the library: as `editable_library`."""
    library = editable_library(request, library_id)
    return get_object_or_404(LikelyCopy.objects.select_related("first", "second"), pk=copy_id, first__library=library)
