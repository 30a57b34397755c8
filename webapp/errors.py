"""One exception, one page and one JSON shape. Whatever goes wrong, the person reads a sentence and can quote an id."""

from collections.abc import Callable, Mapping
from http.client import responses
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from webapp import logs
from webapp.languages.stored import in_language


class Problem(Exception):
    """What a view raises where it cannot go on: the message is for the person."""

    def __init__(self, message: str, *, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = dict(headers or {})


def faults_of(form: BaseForm) -> str:
    """All that is wrong with a form, in one line: for where it is not shown with its fields."""
    return " ".join(str(fault) for faults in form.errors.values() for fault in faults)


def wants_json(request: HttpRequest) -> bool:
    """Programs get JSON: by the path they call, or because they say that they would rather have it than a page."""
    if request.path.startswith(("/uploads/", "/api/", "/media/")):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def problem(status: int, detail: str, **more: Any) -> JsonResponse:
    """RFC 9457, for every program."""
    body = {
        "type": "about:blank",
        "title": responses.get(status, "Refused"),  # tus has a number of its own, 460
        "status": status,
        "detail": detail,
        "request_id": logs.request_id.get(),
        **more,
    }
    return JsonResponse(body, status=status, content_type="application/problem+json")


def respond(request: HttpRequest, met: Problem) -> HttpResponse:
    """The problem as the caller can read it."""
    response: HttpResponse
    if wants_json(request):
        response = problem(met.status, in_language(met.message))
    else:
        context = {"message": in_language(met.message), "heading": _heading(met.status)}
        context["request_id"] = logs.request_id.get()
        # A page that failed must not fail again: without the request no context processor asks the database.
        page = render_to_string("error.html", context, None if met.status >= 500 else request)
        response = HttpResponse(page, status=met.status)
    for name, value in met.headers.items():
        response[name] = value
    return response


class ProblemMiddleware:
    """Turns a `Problem` raised in any view into its page or JSON."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return respond(request, exception) if isinstance(exception, Problem) else None


# Django's own errors, in the same shape: named in urls.py and settings.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    return respond(request, Problem("This request cannot be read. Go back and try again.", status=400))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return respond(request, Problem("Your account may not do this. Ask the owner of the library.", status=403))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    message = (
        "There is nothing at this address, or it is not shared with you. Check the link, or search from the start."
    )
    return respond(request, Problem(message, status=404))


def server_error(request: HttpRequest) -> HttpResponse:
    message = "Something broke on this server, and it was written to the log. Try again in a moment."
    return respond(request, Problem(message, status=500))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    message = "This page was open for too long, or another site sent the request. Reload the page and try again."
    return respond(request, Problem(message, status=403))


def locked_out(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    message = "Too many wrong passwords for this account. Wait a quarter of an hour, then try again."
    return respond(request, Problem(message, status=429, headers={"Retry-After": "900"}))


def _heading(status: int) -> str:
    known = {403: _("Not allowed"), 404: _("Nothing here"), 413: _("Too large"), 429: _("Too many tries")}
    return known.get(status, _("Something broke") if status >= 500 else _("That did not work"))
