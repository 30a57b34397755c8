"""One JSON object a line, and one request id that follows a person's click from the web to the task to the model.

The id lives in a context variable. It comes in by the `X-Request-ID` header or is made here; Celery messages carry
it in a header of the same purpose; `outgoing_headers` hands it to the model server.
"""

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
_FORM = re.compile(r"[A-Za-z0-9-]{8,64}")
# The addresses of webapp.sharing let in whoever knows them, so no line of a log may hold one.
_SECRET = re.compile(r"(/(?:s|join)/)[\w-]{16,}")
# What every record carries anyway; anything else was passed as `extra` and belongs in the line.
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request", "data"}

request_id: ContextVar[str] = ContextVar("request_id", default="")
log = logging.getLogger("webapp.requests")


class JsonFormatter(logging.Formatter):
    """The event's name or sentence, where it came from, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if found := request_id.get():
            line["request_id"] = found
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            line["error"] = "".join(traceback.format_exception(*record.exc_info))
        return _SECRET.sub(r"\1...", json.dumps(line, default=str, ensure_ascii=False))


def outgoing_headers() -> dict[str, str]:
    """What a call to another process sends along, so that its log lines can be joined with ours."""
    found = request_id.get()
    return {HEADER: found} if found else {}


class RequestIdMiddleware:
    """Gives every request its id, sends it back, and logs one line when the answer is made."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        # Only a plain id is taken over: a header is a stranger's text, and it ends up in logs.
        token = request_id.set(given if _FORM.fullmatch(given) else uuid.uuid4().hex)
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
            logging.DEBUG if request.path == "/healthz" else logging.INFO,
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
        headers["seekframe_request_id"] = request_id.get()


def _take_request_id(task: Any = None, **_: Any) -> None:
    request = getattr(task, "request", None)
    headers = getattr(request, "headers", None) or {}
    request_id.set(str(headers.get("seekframe_request_id") or getattr(request, "id", "") or ""))


def _forget_request_id(**_: Any) -> None:
    request_id.set("")


before_task_publish.connect(_send_request_id)
task_prerun.connect(_take_request_id)
task_postrun.connect(_forget_request_id)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "webapp.logs.JsonFormatter"}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["lines"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"level": "ERROR"},  # refusals are in our own line of the request
        "django.server": {"handlers": [], "level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
