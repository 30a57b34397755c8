"""Counts every request under the name of its view: an address would hold ids, and be a new series each time."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from webapp.metrics import counted

NO_VIEW = "none"


class MetricsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        view = view_of(request)
        counted.requests.labels(view, response.status_code).inc()
        counted.request_seconds.labels(view).observe(time.perf_counter() - started)
        return response


def view_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.view_name if match else "") or NO_VIEW
