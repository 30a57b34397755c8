"""Part files: the bytes of an upload that have come so far.

The file's size is the offset, there is no other record of it. So a process may be killed at any line: what was
appended counts, what was not is sent again. Whoever appends, finishes or removes a part holds its lock (flock), which
the kernel gives back when the holder dies.
"""

import fcntl
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

SUFFIX = ".part"
PAUSE_S = 0.05  # between two tries to lock
SPARE_BYTES = 512 * 2**20  # left to the database and the logs


class Busy(Exception):
    """Another request or worker holds the part."""


class Missing(Exception):
    """There is no part: the upload was finished, ended, or its folder was cleared."""


def part_path(upload_id: uuid.UUID) -> Path:
    return Path(settings.UPLOADS_DIR) / f"{upload_id}{SUFFIX}"


def create(upload_id: uuid.UUID) -> None:
    """An empty part whose name survives a power cut."""
    folder = part_path(upload_id).parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(part_path(upload_id), os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    sync_folder(folder)


def offset(upload_id: uuid.UUID) -> int:
    try:
        return part_path(upload_id).stat().st_size
    except FileNotFoundError as error:
        raise Missing from error


def changed_at(upload_id: uuid.UUID) -> float:
    """Seconds since 1970; now for a part that is gone, which nobody need sweep."""
    try:
        return part_path(upload_id).stat().st_mtime
    except FileNotFoundError:
        return time.time()


def remove(upload_id: uuid.UUID) -> None:
    part_path(upload_id).unlink(missing_ok=True)


@contextmanager
def locked(upload_id: uuid.UUID, *, wait_s: float = 0.0) -> Iterator[BinaryIO]:
    """The part, open for reading and writing, held by nobody else."""
    try:
        part = part_path(upload_id).open("r+b", buffering=0)
    except FileNotFoundError as error:
        raise Missing from error
    with part:
        _lock(part.fileno(), time.monotonic() + wait_s)
        # While this waited, the holder may have moved or removed the file that is open here.
        if not _is_still(part_path(upload_id), part.fileno()):
            raise Missing
        yield part


def append(part: BinaryIO, pieces: Iterator[bytes]) -> int:
    """Add the pieces at the end and make them last; the new size. Pieces before a failure count."""
    end = part.seek(0, os.SEEK_END)
    try:
        for piece in pieces:
            end += write_all(part, piece)
    finally:
        os.fsync(part.fileno())  # an offset that was answered must survive a power cut
    return end


def head(part: BinaryIO, n_bytes: int) -> bytes:
    part.seek(0)
    return part.read(n_bytes)


def size_or_zero(upload_id: uuid.UUID) -> int:
    try:
        return offset(upload_id)
    except Missing:
        return 0


def disk_free_bytes() -> int:
    """Free on the disk that holds the parts."""
    folder = Path(settings.UPLOADS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free


def free_bytes() -> int:
    """Room for new uploads."""
    return disk_free_bytes() - SPARE_BYTES


def stored_ids() -> list[uuid.UUID]:
    """Every upload that has a part, whether or not it has a row."""
    return [uuid.UUID(path.stem) for path in Path(settings.UPLOADS_DIR).glob(f"*{SUFFIX}")]


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(part: BinaryIO, piece: bytes) -> int:
    """A raw write may be short, on a disk that is nearly full for one."""
    left = memoryview(piece)
    while left:
        left = left[part.write(left) :]
    return len(piece)


def _lock(handle: int, until: float) -> None:
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Busy from None
            time.sleep(PAUSE_S)


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
