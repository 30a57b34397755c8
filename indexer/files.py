"""Files in storage: keys are made of ids, never of a name, and everything of a video lies under one prefix."""

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

ROOT = "videos"
WORK_PREFIX = "seekframe-work-"  # of temporary files and folders, by which the sweeper knows them
PART = ".part"
COPY_BYTES = 1 << 20


def video_key(video_id: uuid.UUID | str, name: str) -> str:
    """`videos/<id>/<name>`."""
    return f"{ROOT}/{video_id}/{name}"


def video_id_of(key: str) -> uuid.UUID:
    """The id in a key, so that a file and its row cannot drift apart.

    >>> video_id_of("videos/7b9f1a52-61a5-4a44-9d6e-2f0d5a7c0a11/original")
    UUID('7b9f1a52-61a5-4a44-9d6e-2f0d5a7c0a11')
    """
    root, _, rest = key.partition("/")
    if root != ROOT:
        raise ValueError(f"storage key {key!r} does not start with {ROOT}/")
    return uuid.UUID(rest.partition("/")[0])


@contextmanager
def local_path(key: str) -> Iterator[Path]:
    """The file as a path: itself in local storage, a temporary download from any other."""
    path = _path(key)
    if path is not None:
        if not path.exists():
            raise FileNotFoundError(f"{key} is not in storage")
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix=WORK_PREFIX, suffix=Path(key).suffix) as target:
        with default_storage.open(key) as source:
            shutil.copyfileobj(source, target, COPY_BYTES)
        target.flush()
        yield Path(target.name)


def put(key: str, source: Path) -> None:
    """Store a file under exactly this key, replacing what was there; a reader never sees half of it."""
    path = _path(key)
    if path is None:
        default_storage.delete(key)  # most back ends would pick another name beside it
        with source.open("rb") as data:
            stored = default_storage.save(key, File(data))
        assert stored == key, (stored, key)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PART}")
    try:
        shutil.copyfile(source, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def half_written() -> list[Path]:
    """What `put` has not finished, or never will."""
    root = _path(ROOT)
    return [] if root is None else list(root.glob(f"**/*{PART}"))


def sha256_of(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def delete_all(video_id: uuid.UUID | str) -> int:
    """Delete everything under a video's prefix; how many files went. Safe to run again at any point."""
    return _delete_under(f"{ROOT}/{video_id}")


def stored_video_ids() -> list[uuid.UUID]:
    """Every id that has files, whether or not it has a row."""
    try:
        folders, _ = default_storage.listdir(ROOT)
    except FileNotFoundError:
        return []
    return [uuid.UUID(name) for name in folders if _is_uuid(name)]


def newest_change(video_id: uuid.UUID) -> float:
    """When a file of this video was last written, in seconds since 1970; 0 where there is none."""
    return max((default_storage.get_modified_time(key).timestamp() for key in _keys(f"{ROOT}/{video_id}")), default=0.0)


def sizes() -> Iterator[tuple[str, int]]:
    """Every stored file's key and size, in one walk of a folder or one listing of a bucket."""
    root = _path(ROOT)
    if root is None:
        location = str(default_storage.location).strip("/")  # type: ignore[attr-defined]
        start = f"{location}/" if location else ""
        for found in default_storage.bucket.objects.filter(Prefix=f"{start}{ROOT}/"):  # type: ignore[attr-defined]
            yield found.key.removeprefix(start), found.size
        return
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder) / name
            try:
                yield f"{ROOT}/{path.relative_to(root).as_posix()}", path.stat().st_size
            except FileNotFoundError:
                continue  # deleted meanwhile


def existing_parent(path: str | Path) -> Path:
    """The folder, or the nearest above it that is there: before the first file is stored it may be missing."""
    folder = Path(path)
    while not folder.exists():
        folder = folder.parent
    return folder


def _keys(prefix: str) -> Iterator[str]:
    folders, names = _listdir(prefix)
    yield from (f"{prefix}/{name}" for name in names)
    for folder in folders:
        yield from _keys(f"{prefix}/{folder}")


def _delete_under(prefix: str) -> int:
    folders, names = _listdir(prefix)
    n_files = sum(_delete_under(f"{prefix}/{folder}") for folder in folders)
    for name in names:
        default_storage.delete(f"{prefix}/{name}")
    path = _path(prefix)
    if path is not None and path.is_dir():
        try:
            path.rmdir()
        except OSError:
            pass  # another worker just wrote here: the next sweep comes back for it
    return n_files + len(names)


def _listdir(prefix: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(prefix)
    except (FileNotFoundError, NotADirectoryError):
        return [], []


def _path(key: str) -> Path | None:
    try:
        return Path(default_storage.path(key))
    except NotImplementedError:
        return None


def _is_uuid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
