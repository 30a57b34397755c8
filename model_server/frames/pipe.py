"""Messages from the child to its parent over a pipe: one letter, a length, and that many bytes.

No pickle: the child reads files of strangers, so what it says is data to be checked, never code.
"""

import json
import os
import struct
from collections.abc import Callable
from typing import Any

HEADER = struct.Struct("<cI")
STAMP = struct.Struct("<dd")  # before the pixels of a frame: its moment, and the seconds spent on decoding it
EVENT = b"j"
FRAME = b"f"
MAX_EVENT_BYTES = 64 * 1024


def event_message(event: dict[str, Any]) -> bytes:
    body = json.dumps(event, allow_nan=False).encode()
    return HEADER.pack(EVENT, len(body)) + body


def frame_message(pixels: bytes, time_s: float, decode_s: float) -> bytes:
    return HEADER.pack(FRAME, STAMP.size + len(pixels)) + STAMP.pack(time_s, decode_s) + pixels


def parse_event(body: bytes) -> dict[str, Any]:
    """The event of a message's body; ValueError for anything but a JSON object that names its event."""
    event = json.loads(body)
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise ValueError("a message that names no event")  # noqa: TRY004 - one error for every bad message
    return event


def read_message(read_exactly: Callable[[int], bytes], max_frame_bytes: int) -> tuple[bytes, bytes]:
    """The next (kind, body). ValueError where the kind is unknown or the body longer than it may be."""
    kind, length = HEADER.unpack(read_exactly(HEADER.size))
    most = {EVENT: MAX_EVENT_BYTES, FRAME: STAMP.size + max_frame_bytes}.get(kind)
    if most is None or length > most or (kind == FRAME and length != most):
        raise ValueError(f"a message of kind {kind!r} and {length} bytes")
    return kind, read_exactly(length)


def write_all(fd: int, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[os.write(fd, view) :]
