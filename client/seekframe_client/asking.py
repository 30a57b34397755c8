"""How each call is made, and how a long list is read."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx

from seekframe_client.calls import Call
from seekframe_client.errors import NOT_SEEKFRAME, SeekframeError
from seekframe_client.wire import Wire

T = TypeVar("T")


class Asking:
    """What every part of the client stands on."""

    wire: Wire

    def _ask(self, call: Call[T], **sent: Any) -> T:
        answer = self._send(call, **sent)
        try:
            made: T = None if call.answers is type(None) else answer.json()
        except ValueError as problem:
            raise SeekframeError(answer.status_code, NOT_SEEKFRAME) from problem
        return made

    def _send(
        self,
        call: Call[Any],
        *,
        at: dict[str, str | int] | None = None,
        again: bool | None = None,
        into: Path | None = None,
        **sent: Any,
    ) -> httpx.Response:
        unknown = {name for part in sent.values() for name in part} - {*call.takes, "page", "page_size"}
        if unknown:
            raise TypeError(f"{call.path} takes no {', '.join(sorted(unknown))}")
        headers = {"Idempotency-Key": str(uuid.uuid4())} if call.makes else {}
        again = True if call.makes else again
        return self.wire.send(call.method, call.at(**(at or {})), again=again, into=into, headers=headers, **sent)

    def _each(
        self, call: Call[T], *, at: dict[str, str | int] | None = None, params: dict[str, Any] | None = None
    ) -> Iterator[T]:
        """Page after page, as they are looked at."""
        n_seen, page = 0, 1
        while True:
            found = cast(dict[str, Any], self._ask(call, at=at, params={**(params or {}), "page": page}))
            yield from found["items"]
            n_seen, page = n_seen + len(found["items"]), page + 1
            if not found["items"] or n_seen >= found["count"]:
                return


def given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
