"""Whatever goes wrong, a program reads `application/problem+json` (RFC 9457): a status, a sentence, an id to quote."""

from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from model_server.engine import EngineError
from search.query import QueryError
from webapp.errors import Problem, problem
from webapp.sharing.services import NotDone

BROKEN = "The request cannot be read: it is cut off, too long, or not what its Content-Type says."
NO_KEY = "Send a key: Authorization: Bearer sf_..., or sign in."


class Refusal(HttpError):
    """A refusal that tells a program more than a sentence."""

    def __init__(self, status: int, detail: str, *, retry_after_s: int = 0, **more: Any) -> None:
        super().__init__(status, detail)
        self.retry_after_s = retry_after_s
        self.more = more


def install(api: NinjaAPI) -> None:
    def answer(status: int, detail: str | None = None, **more: Any) -> Any:
        def handler(_request: HttpRequest, error: Any) -> HttpResponse:
            return problem(status, detail or str(error), **more)

        return handler

    api.add_exception_handler(Http404, answer(404, "There is nothing here, or you may not see it."))
    api.add_exception_handler(PermissionDenied, _denied)
    api.add_exception_handler(AuthenticationError, answer(401, NO_KEY))
    api.add_exception_handler(EngineError, answer(503))
    api.add_exception_handler(NotDone, answer(409))
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(QueryError, _misunderstood)
    api.add_exception_handler(Throttled, _throttled)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(Problem, _told)
    for unreadable in (SuspiciousOperation, BadRequest, MultiPartParserError):
        api.add_exception_handler(unreadable, answer(400, BROKEN))


def _denied(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(403, str(error) or "You may look at this, but not change it.")


def _invalid(_request: HttpRequest, error: Any) -> HttpResponse:
    faults = [{"at": [str(part) for part in fault["loc"]], "message": fault["msg"]} for fault in error.errors]
    return problem(422, "; ".join(f"{fault['at'][-1]}: {fault['message']}" for fault in faults), faults=faults)


def _misunderstood(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(422, str(error), position=error.position)


def _throttled(_request: HttpRequest, error: Any) -> HttpResponse:
    answer = problem(429, "Too many requests. Wait as long as Retry-After says.")
    answer["Retry-After"] = str(int(error.wait or 1))
    return answer


def _http(_request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status_code, str(error))


def _refused(_request: HttpRequest, error: Any) -> HttpResponse:
    answer = problem(error.status_code, str(error), **error.more)
    if error.retry_after_s:
        answer["Retry-After"] = str(error.retry_after_s)
    return answer


def _told(_request: HttpRequest, error: Any) -> HttpResponse:
    """What the upload page would say."""
    answer = problem(error.status, error.message)
    for name, value in error.headers.items():
        answer[name] = value
    return answer
