"""What no hostile file may reach: a secret file, a film that only its owner may see, and a web server that counts."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

TOKEN = "seekframe-canary-7f3a91c2"
CELLS = 8  # a side of the pattern that the secret film shows
_SIZE = 128
_ALIKE = 0.8  # correlation of 64 cells: chance does not come near


@dataclass(frozen=True)
class Canary:
    folder: Path
    address: str  # http://127.0.0.1:PORT
    hits: list[str]

    @property
    def text(self) -> Path:
        return self.folder / "secret.txt"

    @property
    def film(self) -> Path:
        return self.folder / "secret.ts"


@contextmanager
def watching(folder: Path) -> Iterator[Canary]:
    """The files in place, and a server on this machine that writes down whoever connects, whatever they say."""
    folder.mkdir(parents=True, exist_ok=True)
    hits: list[str] = []
    server = _Server(("127.0.0.1", 0), hits, folder)
    canary = Canary(folder, f"http://127.0.0.1:{server.server_port}", hits)
    canary.text.write_text(f"{TOKEN}\n" * 200)
    write_film(canary.film)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield canary
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], hits: list[str], folder: Path) -> None:
        self.hits, self.folder = hits, folder
        super().__init__(address, _Handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Before a word is read: a connection alone is too much."""
        assert isinstance(request, socket.socket)
        self.hits.append(f"a connection from {client_address}")
        return True


class _Handler(BaseHTTPRequestHandler):
    """It serves the secret film to whoever asks: a reader that follows a reference shall have something to show."""

    server: _Server

    def do_GET(self) -> None:
        body = (self.server.folder / "secret.ts").read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Its log is `hits`."""


def pattern() -> npt.NDArray[np.float32]:
    """(CELLS, CELLS) of 1 and -1."""
    return np.where(np.random.default_rng(20_260_101).random((CELLS, CELLS)) < 0.5, -1, 1).astype(np.float32)


def write_film(path: Path) -> None:
    shown = np.kron(pattern() > 0, np.ones((_SIZE // CELLS, _SIZE // CELLS)))
    picture = np.repeat((shown * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    with av.open(str(path), "w", format="mpegts") as out:
        stream: Any = out.add_stream("mpeg2video", rate=25)
        stream.width = stream.height = _SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def shows_secret(picture: npt.NDArray[np.uint8]) -> bool:
    """Whether a picture (H, W, 3) of any size is one of the secret film."""
    rows, columns = (np.linspace(0, n - 1, CELLS * 3).astype(int) for n in picture.shape[:2])
    grey = picture[rows[:, None], columns].mean(axis=2, dtype=np.float32)
    cells = grey.reshape(CELLS, 3, CELLS, 3).mean(axis=(1, 3))
    cells -= cells.mean()
    known = pattern() - pattern().mean()
    scale = float(np.linalg.norm(cells) * np.linalg.norm(known))
    return scale > 0 and float((cells * known).sum()) / scale > _ALIKE
