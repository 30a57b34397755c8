"""Byte ranges (RFC 9110, section 14). Pure: header and size in, first byte and length out."""

import re
from dataclasses import dataclass

MOST_BYTES = 4 * 2**20  # an answer holds a web thread; a player asks for the next part by itself
_SPEC = re.compile(r"(\d{0,19})-(\d{0,19})")


@dataclass(frozen=True)
class Range:
    start: int
    length: int

    def header(self, size: int) -> str:
        """The Content-Range of the answer."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class Unsatisfiable(Exception):
    """No byte of the file lies in the range: 416."""


def parse(header: str | None, size: int) -> Range | None:
    """The range to send, or None for the whole file: no header, another unit, or a header that cannot be read.

    Of several ranges the first is sent, and of a long one its beginning: both are allowed, and players go on from
    what Content-Range says.

    >>> parse("bytes=-3", 10)
    Range(start=7, length=3)
    >>> parse("bytes=2-4,8-9", 10)
    Range(start=2, length=3)
    """
    unit, _, specs = (header or "").partition("=")
    found = _SPEC.fullmatch(specs.split(",")[0].strip())
    if unit.strip().lower() != "bytes" or found is None or found[0] == "-":
        return None
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if first and last and int(last) < int(first):
        return None
    if start >= size or (not first and int(last) == 0):
        raise Unsatisfiable
    return Range(start, min(end - start + 1, MOST_BYTES))
