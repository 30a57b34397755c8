"""The tus 1.0 protocol's headers, read and checked; nothing here touches a file or a row.

https://tus.io/protocols/resumable-upload
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import http_date

from webapp.errors import Problem

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
CHECKSUMS = ("sha256", "sha1")
BODY_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
MAX_METADATA = 4096  # characters; a file's name and three short values fit many times


@dataclass(frozen=True)
class Checksum:
    algorithm: str
    digest: bytes

    def matches(self, data: bytes) -> bool:
        return hashlib.new(self.algorithm, data, usedforsecurity=False).digest() == self.digest


def check_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Problem(
            f"This server speaks version {VERSION} of the tus protocol. Send it in the Tus-Resumable header.",
            status=412,
            headers={"Tus-Version": VERSION},
        )


def discovery() -> dict[str, str]:
    """What OPTIONS tells a client that asks what it may do here."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.MAX_UPLOAD_BYTES),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }


def number(request: HttpRequest, header: str) -> int:
    """A header that must be a whole number."""
    value = request.headers.get(header, "")
    # isascii: int() also reads digits of other scripts. Nineteen digits are more than any disk.
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        raise Problem(f"The {header} header must be a whole number of bytes, not {value[:40]!r}.")
    return int(value)


def body_length(request: HttpRequest) -> int:
    """The bytes this request brings, which may be no more than a chunk."""
    if not request.headers.get("Content-Length"):
        raise Problem("Send a Content-Length header with the bytes.", status=411)
    length = number(request, "Content-Length")
    if length > settings.UPLOAD_CHUNK_BYTES:
        raise Problem(
            f"One request may bring at most {settings.UPLOAD_CHUNK_BYTES // 2**20} MiB. Send the file in chunks.",
            status=413,
        )
    return length


def check_body_type(request: HttpRequest) -> None:
    if request.content_type != BODY_TYPE:
        raise Problem(f"The bytes of an upload must come as {BODY_TYPE}.", status=415)


def metadata(request: HttpRequest) -> dict[str, str]:
    """`filename d29ybGQ=,library bGli` as a dictionary."""
    text = request.headers.get("Upload-Metadata", "")
    if len(text) > MAX_METADATA:
        raise Problem("The Upload-Metadata header is too long.")
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, encoded = pair.partition(" ")
        try:
            value = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Problem(f"The value of {key[:40]!r} in Upload-Metadata is not base64 of UTF-8 text.") from error
        if key in found:
            raise Problem(f"Upload-Metadata names {key[:40]!r} twice.")
        found[key] = value
    return found


def checksum(request: HttpRequest) -> Checksum | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in CHECKSUMS:
        raise Problem(f"The checksum must be one of {', '.join(CHECKSUMS)}, not {algorithm[:40]!r}.")
    try:
        return Checksum(algorithm, base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise Problem("The checksum is not base64.") from error


def expires(moment: datetime) -> str:
    return http_date(moment.timestamp())
