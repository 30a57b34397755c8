"""The tour is left, and begun again from the help."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from webapp.pages.back import page_before
from webapp.tour import services


@require_POST
def tour_end(request: HttpRequest) -> HttpResponse:
    """The page stays as it is: a script takes the tour away, and without one the same page comes again."""
    assert request.user.pk is not None
    services.tour_end(person_id=request.user.pk)
    if request.headers.get("HX-Request"):
        return HttpResponse()
    return redirect(page_before(request) or "home")


@require_POST
def tour_start(request: HttpRequest) -> HttpResponse:
    assert request.user.pk is not None
    services.tour_start(person_id=request.user.pk)
    return redirect(f"{reverse('home')}#tour")
