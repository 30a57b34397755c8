"""A real HTTP server of this process, whose answers a test writes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from tests.tus_client import VIDEO
from webapp.sources import addresses
from webapp.sources.addresses import is_public

FILM = VIDEO * 300


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: dict[str, Callable[["Handler"], None]] = {}
    asked: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Range", "")))
        self.answers[self.path.partition("?")[0]](self)

    def log_message(self, *args) -> None:
        pass

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def film(handler: Handler) -> None:
    """As a good server does it: with an etag, and from any byte."""
    asked = handler.headers.get("Range", "")
    if asked and handler.headers.get("If-Range") == '"one"':
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        whole = f"bytes {start}-{len(FILM) - 1}/{len(FILM)}"
        handler.send(206, FILM[start:], ETag='"one"', Content_Range=whole)
    else:
        handler.send(200, FILM, ETag='"one"')


def to(place: str) -> Callable[[Handler], None]:
    return lambda handler: handler.send(302, Location=place)


@contextmanager
def serving_films(monkeypatch) -> Iterator[str]:
    """Its address. Of all that is not public, this machine's 127.0.0.1 alone is let through."""
    real = is_public
    monkeypatch.setattr(addresses, "is_public", lambda a: a == ip_address("127.0.0.1") or real(a))
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setattr(Handler, "answers", {"/film.mp4": film})
    monkeypatch.setattr(Handler, "asked", [])
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()
