"""Stored files as the web process reads them: a size, a tag that changes with the content, and parts of the bytes.

Object storage is asked for the part alone: opening a file through django-storages would fetch all of it first.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from django.core.files.storage import default_storage

READ_BYTES = 2**18


@dataclass(frozen=True)
class Blob:
    """A stored file as it was when it was looked up."""

    size: int
    etag: str  # strong: two answers with one tag have the same bytes
    read: Callable[[int, int], Iterator[bytes]]  # first byte, how many


def blob(key: str) -> Blob:
    """FileNotFoundError where nothing is stored under the key."""
    try:
        path = Path(default_storage.path(key))
    except NotImplementedError:
        return _object(key)
    facts = path.stat()
    return Blob(
        facts.st_size, _tag(f"{key}:{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ino}"), partial(_of_path, path)
    )


def _object(key: str) -> Blob:
    found = default_storage.bucket.Object(default_storage._normalize_name(key))  # type: ignore[attr-defined]
    try:
        found.load()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey"):
            raise FileNotFoundError(key) from error
        raise
    return Blob(found.content_length, _tag(f"{key}:{found.e_tag}"), partial(_of_object, found))


def _of_path(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(length, READ_BYTES))):
            length -= len(piece)
            yield piece


def _of_object(stored: Any, start: int, length: int) -> Iterator[bytes]:
    answer = stored.get(Range=f"bytes={start}-{start + length - 1}")
    with closing(answer["Body"]) as body:
        yield from body.iter_chunks(READ_BYTES)


def _tag(facts: str) -> str:
    return f'"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"'
