"""What the three kinds of places have in common: a list of files, and each file as a stream that can begin anywhere."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from webapp.uploads import kinds

MOST_FILES = 20_000  # a place with more is no inbox
PIECE_BYTES = 2**18


class SourceProblem(Exception):
    """The place as a whole cannot be looked at now. The message is one sentence for the person."""


class FetchProblem(Exception):
    """One file cannot be fetched. `permanent`: trying again would not help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Changed(Exception):
    """The file is not the one that was seen any more: it is seen anew at the next look."""


@dataclass(frozen=True)
class Seen:
    key: str
    version: str
    size_bytes: int
    error: str = ""  # why it is refused without being opened


@dataclass(frozen=True)
class Opened:
    """A file from byte `start`, which is 0 where the place could not begin later."""

    name: str
    size_bytes: int
    version: str
    start: int
    pieces: Iterator[bytes]


class Place(Protocol):
    still_s: float  # how long a file must not have changed before it is taken

    def files(self) -> Iterator[Seen]:
        """Raises SourceProblem."""

    def open(self, key: str, version: str, start: int) -> AbstractContextManager[Opened]:
        """Raises FetchProblem or Changed, then or while it is read."""

    def sha256(self, key: str, version: str) -> str:
        """Of the content, where it is cheaper than fetching it; else empty."""


def is_video_name(name: str) -> bool:
    """Files that are no videos by their name are passed over without a word: folders hold many things."""
    return not name.startswith(".") and name.rpartition(".")[2].lower() in kinds.EXTENSIONS


def limited(seen: Iterator[Seen]) -> Iterator[Seen]:
    for count, one in enumerate(seen):
        if count == MOST_FILES:
            raise SourceProblem(f"There are more than {MOST_FILES} videos here. Watch a smaller part of it.")
        yield one
