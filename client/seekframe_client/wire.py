"""HTTP, sent again where that may be done: nothing was sent, the server said later, or twice is the same as once."""

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from seekframe_client.errors import NOT_SEEKFRAME, SeekframeError, error_of

TRIES = 5
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
LONGEST_WAIT_S = 90.0  # a Retry-After beyond it is for the person to wait out
LATER = {429, 503}  # nothing was done; so it was with a 409 or 423 that says when to come back
HARMLESS = {"GET", "HEAD", "DELETE", "PATCH", "PUT"}
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Wire:
    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "seekframe-client"}
        timeout = httpx.Timeout(120, connect=10)
        try:
            self.http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
            reachable = self.http.base_url.scheme in ("http", "https") and bool(self.http.base_url.host)
        except (httpx.InvalidURL, UnicodeEncodeError):
            reachable = False
        if not reachable:
            raise SeekframeError(0, f"{url!r} and the key do not make a request: write http://host:port and sf_...")
        self.sleep = sleep

    def send(
        self, method: str, path: str, *, again: bool | None = None, into: Path | None = None, **sent: Any
    ) -> httpx.Response:
        """A good answer, or SeekframeError. `again`: twice is the same as once, where the method does not say. `into`:
        the file that takes what is answered."""
        again = method in HARMLESS if again is None else again
        unknown = False  # whether an earlier try may have been carried out
        for tried in range(1, TRIES + 1):
            answer, problem = self._try(method, path, sent, into)
            if answer is not None and answer.is_success:
                return answer
            if unknown and method == "DELETE" and answer is not None and answer.status_code == 404:
                return answer
            pause_s = _pause_s(answer, problem, again, tried)
            if pause_s is None or tried == TRIES:
                raise _error(answer, problem, str(self.http.base_url))
            unknown = unknown or not isinstance(problem, UNSENT)
            self.sleep(pause_s)
        raise AssertionError("unreachable")

    def _try(
        self, method: str, path: str, sent: Mapping[str, Any], into: Path | None
    ) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        try:
            with self.http.stream(method, path, **sent) as answer:
                if into is not None and answer.is_success:
                    _keep(answer, into)
                else:
                    answer.read()
        except httpx.TransportError as problem:
            return None, problem
        return answer, None


def _keep(answer: httpx.Response, into: Path) -> None:
    """Under its name only once all of it is there."""
    part = into.with_name(f"{into.name}.part")
    try:
        with part.open("wb") as file:
            for piece in answer.iter_bytes():
                file.write(piece)
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)


def _pause_s(
    answer: httpx.Response | None, problem: httpx.TransportError | None, again: bool, tried: int
) -> float | None:
    """Seconds to wait before the next try; None where there must not be one."""
    pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (tried - 1)) * random.uniform(0.5, 1)
    if answer is None:
        return pause_s if again or isinstance(problem, UNSENT) else None
    said = answer.headers.get("Retry-After", "")
    if answer.status_code in LATER or (answer.status_code in (409, 423) and said):
        wait_s = max(pause_s, float(said) if said.isdigit() else 0.0)
        return wait_s if wait_s <= LONGEST_WAIT_S else None
    return pause_s if again and answer.status_code in (502, 504) else None


def _error(answer: httpx.Response | None, problem: httpx.TransportError | None, url: str) -> SeekframeError:
    if answer is not None:
        return error_of(answer) if answer.is_error else SeekframeError(answer.status_code, NOT_SEEKFRAME)
    if isinstance(problem, UNSENT):
        return SeekframeError(0, f"Nothing answers at {url}: look at SEEKFRAME_URL, and whether Seekframe runs.")
    return SeekframeError(0, f"The connection to {url} broke: {type(problem).__name__}.")
