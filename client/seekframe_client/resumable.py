"""Large files by tus 1.0, in pieces. Where the connection breaks, or this program is killed, the next one goes on."""

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import httpx

from seekframe_client.errors import NOT_SEEKFRAME, SeekframeError
from seekframe_client.wire import Wire

PIECE_BYTES = 8 * 2**20
HEADERS = {"Tus-Resumable": "1.0.0"}
BODY_TYPE = "application/offset+octet-stream"
ENDED = (403, 404, 410)
BROKEN = (0, 409, 502, 504)  # the server may be at another byte than this program
VAIN = 5  # breaks in a row without a byte in between
PAUSE_S = 0.5
Progress = Callable[[int, int], None]  # bytes there, bytes in all


class Memory:
    """Which upload a file belongs to. A file that has changed is another file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, server: str, facts: dict[str, str], path: Path) -> Path:
        state = path.stat()
        said = repr((server, sorted(facts.items()), str(path.resolve()), state.st_size, state.st_mtime_ns))
        return self.folder / hashlib.sha256(said.encode()).hexdigest()


def memory() -> Memory:
    root = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Memory(Path(root) / "seekframe" / "uploads")


def send(wire: Wire, path: Path, facts: dict[str, str], known: Memory, progress: Progress) -> str:
    """All bytes of a file; the upload's id."""
    place = known.place(str(wire.http.base_url), facts, path)
    size = path.stat().st_size
    url, offset = _begun(wire, place, size) or _new(wire, place, facts, size)
    n_vain = 0
    with path.open("rb") as file:
        while offset < size:
            before, offset = offset, _piece(wire, url, file, offset, may_break=n_vain < VAIN)
            n_vain = 0 if offset > before else n_vain + 1
            progress(offset, size)
    place.unlink(missing_ok=True)
    return url.rsplit("/", 1)[-1]


def _begun(wire: Wire, place: Path, size: int) -> tuple[str, int] | None:
    """The upload that was begun before, and how far it is."""
    if not place.exists():
        return None
    url = place.read_text()
    try:
        answer = wire.send("HEAD", url, headers=HEADERS)
    except SeekframeError as problem:
        if problem.status in ENDED:
            return None
        raise
    return (url, _number(answer, "Upload-Offset")) if _number(answer, "Upload-Length") == size else None


def _new(wire: Wire, place: Path, facts: dict[str, str], size: int) -> tuple[str, int]:
    said = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())
    headers = HEADERS | {"Upload-Length": str(size), "Upload-Metadata": said}
    url = wire.send("POST", "/uploads/", headers=headers).headers.get("Location", "")
    if not url.startswith("/uploads/"):  # the key goes to this server and no other
        raise SeekframeError(0, NOT_SEEKFRAME)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.write_text(url)
    return url, 0


def _piece(wire: Wire, url: str, file: BinaryIO, offset: int, *, may_break: bool) -> int:
    """The next bytes; the new offset. After a break the server is asked how far it is."""
    file.seek(offset)
    headers = HEADERS | {"Upload-Offset": str(offset), "Content-Type": BODY_TYPE}
    data = file.read(PIECE_BYTES)
    if not data:
        raise SeekframeError(0, "The file became shorter while it was sent. Send it again.")
    try:
        answer = wire.send("PATCH", url, headers=headers, content=data, again=False)
    except SeekframeError as problem:
        if not may_break or problem.status not in BROKEN:
            raise
        wire.sleep(PAUSE_S)
        answer = wire.send("HEAD", url, headers=HEADERS)
    return _number(answer, "Upload-Offset")


def _number(answer: httpx.Response, header: str) -> int:
    value = answer.headers.get(header, "")
    if not value.isdigit():
        raise SeekframeError(0, NOT_SEEKFRAME)
    return int(value)
