"""Which language an answer is in: the one chosen, else what the browser asks for. Programs always get English."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

FOR_PROGRAMS = ("/api/", "/metrics", "/healthz")


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, and afterwards the thread speaks English again: what it does next may be stored."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(settings.LANGUAGE_CODE):
            if request.path.startswith(FOR_PROGRAMS):
                request.LANGUAGE_CODE = settings.LANGUAGE_CODE
                return self.get_response(request)
            answer = super().__call__(request)
            assert isinstance(answer, HttpResponseBase)  # an awaitable only where the server is asynchronous
            return answer
