"""A watched folder. Files are copied, never moved or changed, and none outside the folder is ever opened.

A path is opened from the root down, a part at a time and never through a link, so that nobody can swap a part for a
link between the look and the opening.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webapp.sources import roots
from webapp.sources.places import PIECE_BYTES, Changed, FetchProblem, Opened, Seen, SourceProblem, is_video_name

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a named pipe must not hold us up
LEADS_OUT = "This is a link that leads out of the folder. Copy the file itself."


class Folder:
    still_s = 60.0

    def __init__(self, place: str) -> None:
        self.root = Path(place)

    def files(self) -> Iterator[Seen]:
        root = self._true_root()
        for folder, folders, names in os.walk(root, followlinks=False, onerror=_unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(filter(is_video_name, names)):
                with suppress(FileNotFoundError):  # gone again
                    yield from self._seen(root, Path(folder) / name)

    @contextmanager
    def open(self, key: str, version: str, start: int) -> Iterator[Opened]:
        with self._file(key) as handle:
            _check(handle, version)
            os.lseek(handle, start, os.SEEK_SET)
            size_bytes = os.fstat(handle).st_size
            yield Opened(Path(key).name, size_bytes, version, start, _pieces(handle, version))

    def sha256(self, key: str, version: str) -> str:
        digest = hashlib.sha256()
        with self._file(key) as handle:
            _check(handle, version)
            for piece in _pieces(handle, version):
                digest.update(piece)
        return digest.hexdigest()

    def _true_root(self) -> Path:
        if not roots.folder_is_allowed(self.root):
            raise SourceProblem(f"{self.root} may not be watched. {roots.HOW_TO}")
        if not self.root.is_dir():
            raise SourceProblem(f"There is no folder {self.root}, or it may not be read.")
        return self.root.resolve()

    def _seen(self, root: Path, path: Path) -> Iterator[Seen]:
        """A link is looked through only where what it means lies in the folder too."""
        key = path.relative_to(root).as_posix()
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            yield Seen(key, f"link:{path.readlink()}"[:300], 0, LEADS_OUT)
            return
        facts = path.stat()
        if stat.S_ISREG(facts.st_mode):
            yield Seen(key, version_of(facts), facts.st_size)

    @contextmanager
    def _file(self, key: str) -> Iterator[int]:
        root = self._true_root()
        path = (root / key).resolve()
        if not path.is_relative_to(root):
            raise FetchProblem(LEADS_OUT, permanent=True)
        try:
            handle = _open_below(root, path.relative_to(root).parts)
        except FileNotFoundError as error:
            raise Changed from error
        except OSError as error:
            raise FetchProblem(f"This file cannot be read ({error.strerror}).", permanent=False) from error
        try:
            yield handle
        finally:
            os.close(handle)


def version_of(facts: os.stat_result) -> str:
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def _open_below(root: Path, parts: tuple[str, ...]) -> int:
    at = os.open(root, DIRECTORY)
    try:
        for part in parts[:-1]:
            deeper = os.open(part, DIRECTORY, dir_fd=at)
            os.close(at)
            at = deeper
        return os.open(parts[-1], FILE, dir_fd=at)
    finally:
        os.close(at)


def _pieces(handle: int, version: str) -> Iterator[bytes]:
    """Looked at again after each piece, so that the last is given only while the whole is what was seen."""
    while True:
        piece = os.read(handle, PIECE_BYTES)
        _check(handle, version)
        if not piece:
            return
        yield piece


def _check(handle: int, version: str) -> None:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or version_of(facts) != version:
        raise Changed


def _unreadable(error: OSError) -> None:
    raise SourceProblem(f"{error.filename} cannot be read ({error.strerror}).") from error
