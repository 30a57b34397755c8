"""Where Seekframe is, and the key: from the environment, or a sentence that says what is missing."""

import os

from seekframe_client.client import Seekframe
from seekframe_client.errors import SeekframeError

NO_URL = "Set SEEKFRAME_URL to Seekframe's address, such as http://localhost:8000."
NO_KEY = "Set SEEKFRAME_KEY to a key: in Seekframe, under your name, Keys for programs."
WRONG_KEY = "SEEKFRAME_KEY is not a key of this Seekframe: it is wrong, deleted or expired. Make another there."


def seekframe() -> Seekframe:
    url, key = os.environ.get("SEEKFRAME_URL", "").strip(), os.environ.get("SEEKFRAME_KEY", "").strip()
    if not url:
        raise SeekframeError(0, NO_URL)
    if not key:
        raise SeekframeError(0, NO_KEY)
    return Seekframe(url, key)


def sentence_of(problem: SeekframeError) -> str:
    """For a person who set both up, or should."""
    if problem.status == 401:
        return WRONG_KEY
    quote = f" (request {problem.request_id})" if problem.status >= 500 and problem.request_id else ""
    return f"{problem.detail}{quote}"
