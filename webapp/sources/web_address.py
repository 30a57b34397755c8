"""One file by its address: redirects followed by hand, each connection checked, every wait bounded."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import httpcore
import httpx

from webapp.errors import Problem
from webapp.sources.addresses import NotPublic, PublicBackend
from webapp.sources.places import FetchProblem, Opened, Seen
from webapp.uploads import kinds

MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
TIMEOUTS = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 10.0}
MOST_S = 6 * 3600.0  # for one file; what has come by then is kept, and the next attempt goes on
AGAIN = (408, 425, 429, 500, 502, 503, 504)
_FILE_NAME = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", re.IGNORECASE)


class WebAddress:
    still_s = 0.0

    def __init__(self, place: str) -> None:
        self.place = place

    def files(self) -> Iterator[Seen]:
        """One, of which nothing is known before it is fetched; so it is fetched once."""
        yield Seen(self.place, "", 0)

    @contextmanager
    def open(self, key: str, version: str, start: int) -> Iterator[Opened]:
        try:
            with httpcore.ConnectionPool(network_backend=PublicBackend(), max_connections=1) as pool:
                url, response = self._arrive(pool, httpx.URL(key), _headers(version, start))
                try:
                    yield _opened(url, response, start)
                finally:
                    response.close()
        except NotPublic as problem:
            raise FetchProblem(str(problem), permanent=True) from problem
        except httpcore.UnsupportedProtocol as problem:
            raise FetchProblem("Only http:// and https:// addresses are fetched.", permanent=True) from problem
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
            message = f"The server did not answer as it should ({str(problem) or type(problem).__name__})."
            raise FetchProblem(message, permanent=False) from problem

    def sha256(self, key: str, version: str) -> str:  # noqa: ARG002 - it would have to be fetched
        return ""

    def _arrive(
        self, pool: httpcore.ConnectionPool, url: httpx.URL, headers: dict[str, str]
    ) -> tuple[httpx.URL, httpcore.Response]:
        """The answer at the end of the redirects. Each hop is a new connection, so each is checked anew."""
        for _ in range(MOST_REDIRECTS + 1):
            check_url(url)
            target = httpcore.URL(str(url.copy_with(fragment=None)))
            request = httpcore.Request("GET", target, headers=[*headers.items(), ("Host", url.netloc.decode())])
            request.extensions = {"timeout": TIMEOUTS}
            response = pool.handle_request(request)
            if response.status not in REDIRECTS:
                return url, response
            location = _header(response, "location")
            response.close()
            if not location:
                raise FetchProblem("The server redirects to nowhere.", permanent=True)
            url = _joined(url, location)
        raise FetchProblem(f"The server redirects more than {MOST_REDIRECTS} times.", permanent=True)


def check_url(url: httpx.URL) -> None:
    """FetchProblem where an address is of no kind that is fetched."""
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchProblem("Only http:// and https:// addresses are fetched.", permanent=True)
    if url.userinfo:
        raise FetchProblem("Leave name and password out of the address: it is shown on this page.", permanent=True)


def _joined(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return url.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchProblem("The server redirects to something that is no address.", permanent=True) from error


def _headers(version: str, start: int) -> dict[str, str]:
    headers = {"User-Agent": "Seekframe", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    if start and version:
        headers |= {"Range": f"bytes={start}-", "If-Range": version}
    return headers


def _opened(url: httpx.URL, response: httpcore.Response, asked_start: int) -> Opened:
    if response.status not in (200, 206):
        message = f"The server answered {response.status}. Check the address in a browser."
        raise FetchProblem(message, permanent=response.status not in AGAIN)
    if _header(response, "content-encoding") not in ("", "identity"):
        raise FetchProblem("The server sends this file packed. Give the address of the file itself.", permanent=True)
    length = _header(response, "content-length")
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise FetchProblem("The server does not say how large this file is, so it is not taken.", permanent=True)
    start = asked_start if _continues(response, asked_start) else 0
    etag = _header(response, "etag")
    version = etag if etag and not etag.startswith("W/") else ""  # a weak one does not promise the same bytes
    pieces = _pieces(response)
    head = b"" if start else _head(pieces)
    return Opened(_name(url, response, head), start + int(length), version[:300], start, _joined_pieces(head, pieces))


def _continues(response: httpcore.Response, start: int) -> bool:
    if response.status == 200:
        return False
    if not _header(response, "content-range").startswith(f"bytes {start}-"):
        raise FetchProblem("The server sent another part of the file than was asked for.", permanent=False)
    return True


def _head(pieces: Iterator[bytes]) -> bytes:
    head = b""
    while len(head) < kinds.HEAD_BYTES and (piece := next(pieces, b"")):
        head += piece
    return head


def _joined_pieces(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from pieces


def _pieces(response: httpcore.Response) -> Iterator[bytes]:
    end = time.monotonic() + MOST_S
    for piece in response.iter_stream():
        if time.monotonic() > end:
            raise FetchProblem("This took longer than six hours.", permanent=False)
        yield piece


def _name(url: httpx.URL, response: httpcore.Response, head: bytes) -> str:
    """As the server calls it, else the address's last part; the ending is told by the bytes where it is no video's."""
    said = _FILE_NAME.search(_header(response, "content-disposition"))
    name = kinds.clean_name(unquote(said[1]) if said else unquote(url.path.rstrip("/").rpartition("/")[2]))
    name = name or url.host
    if not head or name.rpartition(".")[2].lower() in kinds.EXTENSIONS:
        return name
    try:
        return f"{name}.{kinds.ending_of(head)}"
    except Problem as problem:
        raise FetchProblem(problem.message, permanent=True) from problem


def _header(response: httpcore.Response, name: str) -> str:
    found = (value for key, value in response.headers if key.decode("latin-1").lower() == name)
    return next(found, b"").decode("latin-1").strip()
