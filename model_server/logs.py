"""One JSON object a line, and the request id that joins the lines of web, task and model: what every process writes."""

import json
import logging
import logging.config
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

HEADER = "X-Request-ID"
_FORM = re.compile(r"[A-Za-z0-9-]{8,64}")
# Addresses that let in whoever knows them (webapp.sharing): no line of a log may hold one.
_SECRET = re.compile(r"(/(?:s|join)/)[\w-]{16,}")
# What every record carries anyway; anything else was passed as `extra` and belongs in the line.
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request", "data"}

request_id: ContextVar[str] = ContextVar("request_id", default="")


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


def is_plain_id(text: str) -> bool:
    """Only a plain id is taken over: a header is a stranger's text, and it ends up in logs."""
    return _FORM.fullmatch(text) is not None


def outgoing_headers() -> dict[str, str]:
    """What a call to another process sends along, so that its log lines can be joined with ours."""
    found = request_id.get()
    return {HEADER: found} if found else {}


LINES: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "model_server.logs.JsonFormatter"}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["lines"], "level": "INFO"},
    "loggers": {"httpx": {"level": "WARNING"}},
}


def write_lines() -> None:
    """For a process that is not Django's: its log becomes lines from here on."""
    logging.config.dictConfig(LINES)
