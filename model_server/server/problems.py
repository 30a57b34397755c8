"""Refusals as `application/problem+json` (RFC 9457): one sentence that says what happened and what to do."""

import json
import logging
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from model_server.engine import EngineError
from model_server.wire import WireError

log = logging.getLogger(__name__)


class Problem(Exception):
    """An answer that is not the one asked for."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class Busy(Problem):
    """Too much work waits already. The caller is asked to come again."""

    def __init__(self, detail: str = "The model server is busy: try again in a moment.") -> None:
        super().__init__(503, detail, {"Retry-After": "1"})


def as_problem(error: Exception) -> Problem:
    """Any exception of a request as the problem that its sender is told. What nobody foresaw is logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, WireError):
        return Problem(400, str(error))
    if isinstance(error, EngineError):
        return Problem(422, str(error)) if error.permanent else Busy(str(error))
    if isinstance(error, HTTPException):
        return Problem(error.status_code, f"{error.detail}.", dict(error.headers or {}))
    log.error("the model failed on a request", exc_info=error)
    return Problem(500, "The model failed on this request; the model server's log says why.")


def problem_response(problem: Problem) -> Response:
    body = {"title": HTTPStatus(problem.status).phrase, "status": problem.status, "detail": problem.detail}
    return Response(json.dumps(body), problem.status, problem.headers, "application/problem+json")


async def answer_problem(_: Request, error: Exception) -> Response:
    return problem_response(as_problem(error))
