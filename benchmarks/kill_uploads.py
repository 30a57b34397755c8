"""A person's uploads while the server is being killed: resumed by the server's word until every byte is accepted."""

import base64
import hashlib
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

BODY_TYPE = "application/offset+octet-stream"
PIECE_BYTES = (8_192, 131_072)
PAUSE_S = 0.5
REPEATED, DELETED = 0.1, 0.15  # shares of the uploads: the same bytes again; an earlier video deleted for good
PATIENCE_S = 300.0  # for one step; longer, and recovery needs a hand


@dataclass
class Accepted:
    """A file of which the server said that it has every byte."""

    upload_id: str
    sha256: str
    deleted: bool = False


@dataclass
class Sent:
    """What happened, for the checks and the report."""

    accepted: list[Accepted] = field(default_factory=list)
    odd_answers: Counter[str] = field(default_factory=Counter)
    lost_bytes: list[str] = field(default_factory=list)  # acknowledged, and gone afterwards
    waits_s: list[float] = field(default_factory=list)  # from a first failure to the next answer that helped


class Uploader(threading.Thread):
    """Sends real files, each made its own by a box of random bytes at its end, until it is told to stop."""

    def __init__(self, client: httpx.Client, library: str, files: Sequence[Path], seed: int, every_s: float) -> None:
        super().__init__(name=f"uploader-{seed}", daemon=True)
        self.client, self.library, self.files, self.every_s = client, library, files, every_s
        self.dice = random.Random(seed)
        self.sent = Sent()
        self.over = threading.Event()
        self.earlier: list[bytes] = []

    def run(self) -> None:
        while not self.over.is_set():
            self._upload(self._data())
            if self.dice.random() < DELETED:
                self._delete()
            self.over.wait(self.dice.uniform(0, 2 * self.every_s))

    def _data(self) -> bytes:
        if self.earlier and self.dice.random() < REPEATED:
            return self.dice.choice(self.earlier)
        data = self.dice.choice(self.files).read_bytes() + struct.pack(">I4s", 40, b"free") + self.dice.randbytes(32)
        self.earlier = [*self.earlier[-9:], data]
        return data

    def _upload(self, data: bytes) -> None:
        url = self._create(len(data))
        known = 0
        while (offset := self._offset(url)) < len(data):
            if offset < known:
                self.sent.lost_bytes.append(f"{url}: {offset} after {known}")
            known = max(known, offset, self._send(url, offset, data))
        self.sent.accepted.append(Accepted(url.rsplit("/", 1)[1], hashlib.sha256(data).hexdigest()))

    def _create(self, size: int) -> str:
        facts = {"filename": "clip.mp4", "library": self.library}
        words = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())
        headers = {"Upload-Length": str(size), "Upload-Metadata": words}
        return self._until(lambda: self.client.post("/uploads/", headers=headers), 201).headers["Location"]

    def _offset(self, url: str) -> int:
        return int(self._until(lambda: self.client.head(url), 200).headers["Upload-Offset"])

    def _send(self, url: str, offset: int, data: bytes) -> int:
        """One piece; the offset that the server acknowledged, 0 where it did not answer."""
        piece = data[offset : offset + self.dice.randint(*PIECE_BYTES)]
        headers = {"Upload-Offset": str(offset), "Content-Type": BODY_TYPE}
        try:
            answer = self.client.patch(url, content=piece, headers=headers)
        except httpx.HTTPError:
            return 0
        self._note(answer, 204)
        return int(answer.headers.get("Upload-Offset", 0)) if answer.status_code == 204 else 0

    def _delete(self) -> None:
        one = self.dice.choice(self.sent.accepted)
        address = f"/api/v1/videos/{one.upload_id}"
        answer = self._try(lambda: self.client.delete(address, params={"for_good": "true"}))
        while answer is None or answer.status_code not in (204, 404):
            time.sleep(PAUSE_S)
            answer = self._try(lambda: self.client.delete(address, params={"for_good": "true"}))
        one.deleted |= answer.status_code == 204

    def _until(self, ask: Callable[[], httpx.Response], wanted: int) -> httpx.Response:
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE_S:
            answer = self._try(ask)
            if answer is not None and answer.status_code == wanted:
                if (waited := time.monotonic() - began) > PAUSE_S:
                    self.sent.waits_s.append(waited)
                return answer
            if answer is not None:
                self._note(answer, wanted)
            time.sleep(PAUSE_S)
        raise TimeoutError(f"No {wanted} within {PATIENCE_S:.0f} s: {answer and answer.text[:300]}")

    def _try(self, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        try:
            return ask()
        except httpx.HTTPError:
            return None

    def _note(self, answer: httpx.Response, wanted: int) -> None:
        if answer.status_code != wanted:
            self.sent.odd_answers[f"{answer.request.method} {answer.status_code}"] += 1
