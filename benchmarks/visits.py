"""What must come back to a visitor: for each kind of request, what is wrong with an answer."""

import json
import operator
import re
from collections.abc import Callable, Mapping
from html import unescape

PICTURE = re.compile(r'<img src="(/media/[^"]+)"')
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
RESTING = ("Search is resting", "were searched.")  # the model did not answer, and words alone were looked for
SIGNS = {"image/jpeg": b"\xff\xd8", "image/webp": b"RI"}  # how the files of each kind begin

Headers = Mapping[str, str]


def home_fault(_headers: Headers, body: bytes, _wanted: str) -> str:
    return "" if b"Find the moment." in body else "not the first page"


def page_fault(_headers: Headers, body: bytes, wanted: str) -> str:
    """A page whose title begins with what was wanted."""
    found = re.search(r"<title>(.*?)</title>", body.decode(errors="replace"), re.DOTALL)
    title = unescape(found[1]) if found else ""
    return "" if title.startswith(f"{wanted} - ") else f"another page: {title[:80]!r}"


def search_fault(headers: Headers, body: bytes, wanted: str) -> str:
    resting = any(words.encode() in body for words in RESTING)
    return page_fault(headers, body, wanted) or ("searched without the model" if resting else "")


def examples_fault(_headers: Headers, body: bytes, _wanted: str) -> str:
    return "" if b'class="chip"' in body or b'hx-trigger="load delay' in body else "no examples, nor a promise of them"


def picture_fault(headers: Headers, body: bytes, _wanted: str) -> str:
    kind = headers.get("Content-Type", "")
    return "" if SIGNS.get(kind) == body[:2] else f"{len(body)} bytes of {kind}, no picture"


def range_fault(headers: Headers, body: bytes, wanted: str) -> str:
    """The part of the file that Content-Range says, from the byte that was wanted."""
    found = RANGE.fullmatch(headers.get("Content-Range", ""))
    if found is None or found[1] != wanted:
        return f"another range: {headers.get('Content-Range', 'none')}"
    promised = int(found[2]) - int(found[1]) + 1
    return "" if len(body) == promised else f"{len(body)} of {promised} bytes"


def api_fault(_headers: Headers, body: bytes, wanted: str) -> str:
    try:
        text, words_only = operator.itemgetter("text", "words_only")(json.loads(body))
    except (ValueError, KeyError, TypeError):
        return "no results"
    if text != wanted:
        return "another search"
    return "searched without the model" if words_only else ""


FAULTS: dict[str, Callable[[Headers, bytes, str], str]] = {
    "sign-in page": page_fault,
    "sign in": home_fault,
    "home": home_fault,
    "examples": examples_fault,
    "library": page_fault,
    "search": search_fault,
    "video": page_fault,
    "picture": picture_fault,
    "storyboard": picture_fault,
    "media range": range_fault,
    "API search": api_fault,
}


def fault(kind: str, status: int, headers: Headers, body: bytes, wanted: str = "") -> str:
    """
    >>> fault("home", 200, {}, b"<h1>Find the moment.</h1>")
    ''
    >>> fault("home", 429, {}, b"")
    '429 in place of 200'
    """
    right = 206 if kind == "media range" else 200
    return FAULTS[kind](headers, body, wanted) if status == right else f"{status} in place of {right}"


def pictures_of(page: str) -> list[str]:
    """Addresses of its pictures, as a browser loads them."""
    return list(dict.fromkeys(unescape(address) for address in PICTURE.findall(page)))
