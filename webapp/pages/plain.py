"""Pages that are only words."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from webapp.sharing.guests import guests_may_look
from webapp.tour.steps import sample_for


@guests_may_look
@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    context = {"trash_days": settings.TRASH_DAYS, "has_samples": sample_for(request) is not None}
    return render(request, "pages/help.html", context)


@login_not_required  # a browser asks for it without cookies
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a browser needs to install the site as an app."""
    return render(request, "manifest.webmanifest", content_type="application/manifest+json")
