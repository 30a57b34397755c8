"""Which files are taken, told from the name before a byte is sent and from the first bytes once they are here."""

import unicodedata
from pathlib import PurePosixPath

from django.template.defaultfilters import filesizeformat

from model_server.frames.errors import MediaError
from model_server.frames.formats import HEAD_BYTES, demuxer_of
from webapp.errors import Problem

__all__ = ["EXTENSIONS", "HEAD_BYTES", "check_name", "clean_name", "content_type_of", "in_words", "title_of"]

# By demuxer (model_server.frames.formats): what the browser is told, and the endings people's files have.
_KINDS = {
    "mov": ("video/mp4", "mp4 m4v mov qt 3gp 3g2"),
    "matroska": ("video/x-matroska", "mkv webm"),
    "avi": ("video/x-msvideo", "avi divx"),
    "mpegts": ("video/mp2t", "ts mts m2ts m2t"),
    "mpeg": ("video/mpeg", "mpg mpeg vob m2p"),
    "asf": ("video/x-ms-wmv", "wmv asf"),
    "flv": ("video/x-flv", "flv f4v"),
    "ogg": ("video/ogg", "ogv ogg ogm"),
    "gif": ("image/gif", "gif"),
}
EXTENSIONS = tuple(ending for _, endings in _KINDS.values() for ending in endings.split())
_MATROSKA_DOCTYPE_BYTES = 64  # the EBML header, which names webm or matroska, lies within


def clean_name(name: str) -> str:
    """The last part of a file's name, fit to be shown: it becomes a title and never a path.

    >>> clean_name("../../etc/holiday\\u202e 1.mp4")
    'holiday 1.mp4'
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    return " ".join(shown.split())[:300]


def title_of(name: str) -> str:
    """The name without its ending.

    >>> title_of("Lake, day 2.final.MP4")
    'Lake, day 2.final'
    """
    stem, dot, ending = name.rpartition(".")
    return (stem if dot and stem and ending.lower() in EXTENSIONS else name) or "Untitled video"


def check_name(name: str) -> None:
    ending = PurePosixPath(name).suffix.lstrip(".").lower()
    if ending not in EXTENSIONS:
        raise Problem(
            f"«{name or 'This file'}» is not a video that can be read here. Choose a file that ends in mp4, mov, mkv, "
            "webm, avi, mpg, ts, wmv, flv, ogv or gif.",
            status=415,
        )


def content_type_of(head: bytes) -> str:
    """What the browser will be told the file is: decided by its bytes, never by what the sender says."""
    try:
        demuxer = demuxer_of(head)
    except MediaError as error:
        raise Problem(str(error), status=415) from error
    if demuxer == "matroska" and b"webm" in head[:_MATROSKA_DOCTYPE_BYTES]:
        return "video/webm"
    if demuxer == "mov" and head[8:12] == b"qt  ":
        return "video/quicktime"
    return _KINDS[demuxer][0]


def ending_of(head: bytes) -> str:
    """The usual ending of such a file's name; Problem where it is no video."""
    kind = content_type_of(head).removeprefix("video/")
    usual = {"webm": "webm", "quicktime": "mov"}
    by_type = {content_type.removeprefix("video/"): endings.split()[0] for content_type, endings in _KINDS.values()}
    return usual.get(kind) or by_type[kind]


def in_words(n_bytes: int) -> str:
    """A size as a person says it: "20 GB", "1.5 MB"."""
    return filesizeformat(n_bytes).replace("\xa0", " ").replace(".0 ", " ").replace(",0 ", " ")
