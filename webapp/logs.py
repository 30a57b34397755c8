"""One JSON object a line, and one request id that follows a person's click from the web to the task to the model.

The id lives in a context variable. It comes in by the `X-Request-ID` header or is made here; Celery messages carry
it in a header of the same purpose; `outgoing_headers` hands it to the model server.
"""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

from model_server.logs import HEADER, LINES, JsonFormatter, is_plain_id, outgoing_headers, request_id

__all__ = ["HEADER", "LOGGING", "JsonFormatter", "RequestIdMiddleware", "outgoing_headers", "request_id"]

TASK_HEADER = "seekframe_request_id"

log = logging.getLogger("webapp.requests")


class RequestIdMiddleware:
    """Gives every request its id, sends it back, and logs one line when the answer is made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        token = request_id.set(given if is_plain_id(given) else uuid.uuid4().hex)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            response[HEADER] = request_id.get()
            self.note(request, response, time.monotonic() - started)
            return response
        finally:
            request_id.reset(token)

    def note(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        user = getattr(request, "user", None)
        log.log(
            logging.DEBUG if request.path in ("/healthz", "/metrics") else logging.INFO,
            "request",
            extra={
                "method": request.method,
                "path": request.path,  # never the query: it holds the person's words
                "status": response.status_code,
                "seconds": round(seconds, 3),
                "user_id": getattr(user, "pk", None),
            },
        )


def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and request_id.get():
        headers[TASK_HEADER] = request_id.get()


def _take_request_id(task: Any = None, **_: Any) -> None:
    request = getattr(task, "request", None)
    headers = getattr(request, "headers", None) or {}
    request_id.set(str(headers.get(TASK_HEADER) or getattr(request, "id", "") or ""))


def _forget_request_id(**_: Any) -> None:
    request_id.set("")


before_task_publish.connect(_send_request_id)
task_prerun.connect(_take_request_id)
task_postrun.connect(_forget_request_id)

LOGGING: dict[str, Any] = LINES | {
    "loggers": LINES["loggers"]
    | {
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"level": "ERROR"},  # refusals are in our own line of the request
        "django.server": {"handlers": [], "level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
