"""Have a library's streams compared: a worker does it, and the library's page shows what it finds."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from webapp.pages.actions import editable_library
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
