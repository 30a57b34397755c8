"""The request that is being answered, for `record`: services need not hand it down."""

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

request_now: ContextVar[HttpRequest | None] = ContextVar("request_now", default=None)


class CurrentRequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_now.set(request)
        try:
            return self.get_response(request)
        finally:
            request_now.reset(token)
