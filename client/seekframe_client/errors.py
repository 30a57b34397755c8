"""One exception, whatever went wrong."""

from collections.abc import Mapping
from typing import Any

import httpx

NOT_SEEKFRAME = "What answers at this address is not Seekframe: look at SEEKFRAME_URL."


class SeekframeError(Exception):
    """`detail` is a sentence for the person; `request_id` is what to quote. `status` is 0 where nothing answered."""

    def __init__(self, status: int, detail: str, request_id: str = "", more: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.request_id = request_id
        self.more = dict(more or {})  # `position`, `faults`, `video_id`

    @property
    def video_id(self) -> str | None:
        """Of the video that is there already, where an upload was refused for it."""
        return self.more.get("video_id")


def error_of(answer: httpx.Response) -> SeekframeError:
    """What the server said: a problem of the API or of the upload endpoint."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    said = body if isinstance(body, dict) else {}
    request_id = said.get("request_id") or answer.headers.get("X-Request-ID", "")
    detail = said.get("detail") or (NOT_SEEKFRAME if not request_id else f"The server answered {answer.status_code}.")
    more = {name: value for name, value in said.items() if name not in ("type", "title", "status", "detail")}
    return SeekframeError(answer.status_code, str(detail), str(request_id), more)
