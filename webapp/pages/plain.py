"""Pages that are only words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.sharing.guests import guests_may_look


@guests_may_look
@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help.html")
