"""The story of a backup, top to bottom. Killed at any line it leaves the earlier backups whole.

1. the database, in one snapshot   2. the files that its rows name, those not yet here   3. the manifest, then the
folder's name, which make it a backup.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from django.core.files.storage import default_storage

from indexer import files
from webapp.backup import manifest
from webapp.backup.blobs import Blobs
from webapp.backup.manifest import DUMP, UNFINISHED, Entry, Manifest
from webapp.backup.problems import BackupProblem
from webapp.backup.snapshot import Snapshot, saved
from webapp.uploads import parts

Open = Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Taken:
    folder: Path
    manifest: Manifest
    n_new: int
    new_bytes: int


class Taker:
    """One backup on its way: what earlier ones have, and what is new."""

    def __init__(self, place: Path) -> None:
        self.blobs = Blobs(place / "blobs")
        self.known = {entry.key: entry for folder in manifest.whole(place) for entry in manifest.read(folder).files}
        self.n_new = self.new_bytes = 0

    def file(self, key: str, expected: str | None) -> Entry:
        """A stored file, read only where it has changed since an earlier backup."""
        changed = default_storage.get_modified_time(key).timestamp()
        size_bytes = default_storage.size(key)
        known = self.known.get(key)
        if (
            known
            and (known.size_bytes, known.changed) == (size_bytes, changed)
            and self.blobs.has(known.sha256, size_bytes)
        ):
            return known
        with default_storage.open(key) as source:
            sha256, size_bytes = self._add(source)
        if expected and sha256 != expected:
            raise BackupProblem(f"{key} is damaged in the store: it is not the file that was uploaded.")
        return Entry(key, size_bytes, changed, sha256)

    def part(self, upload_id: str) -> Entry:
        """The bytes of an upload that no worker has made a video of, wherever they have come to meanwhile."""
        try:
            with parts.part_path(UUID(upload_id)).open("rb") as source:
                sha256, size_bytes = self._add(source)
        except FileNotFoundError:
            with default_storage.open(files.video_key(upload_id, "original")) as source:
                sha256, size_bytes = self._add(source)
        return Entry(upload_id, size_bytes, 0.0, sha256)

    def _add(self, source: IO[bytes]) -> tuple[str, int]:
        sha256, size_bytes, is_new = self.blobs.add(source)
        self.n_new += is_new
        self.new_bytes += size_bytes * is_new
        return sha256, size_bytes


def backup_take(*, url: str, place: Path, keep: int = 0) -> Taken:
    """A whole new backup in `place`; of earlier ones `keep - 1` stay, or all."""
    with _alone_in(place):
        _clear(place)
        taker = Taker(place)
        unfinished = place / "backups" / f"{UNFINISHED}{os.getpid()}"
        unfinished.mkdir(parents=True)
        with saved(url, unfinished / DUMP) as moment:
            made = _copied(taker, moment, unfinished / DUMP)
        made.write(unfinished)
        folder = unfinished.with_name(f"{moment.made_at:%Y%m%dT%H%M%S.%fZ}")
        unfinished.rename(folder)
        parts.sync_folder(folder.parent)
        if keep:
            _forget(place, keep)
    return Taken(folder, made, taker.n_new, taker.new_bytes)


def _copied(taker: Taker, moment: Snapshot, dump: Path) -> Manifest:
    made = Manifest(
        made_at=moment.made_at.isoformat(timespec="seconds"),
        dump_sha256=files.sha256_of(dump),
        migrations=list(moment.migrations),
        n_videos=moment.n_videos,
    )
    for key in sorted(moment.keys):
        try:
            made.files.append(taker.file(key, moment.hashes.get(key)))
        except FileNotFoundError:
            made.lacking.append(key)
    for upload_id in moment.received:
        try:
            made.parts.append(taker.part(upload_id))
        except FileNotFoundError:
            made.lacking.append(f"upload {upload_id}")
    return made


@contextmanager
def _alone_in(place: Path) -> Iterator[None]:
    """The kernel gives the lock back when this process ends, however it does."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupProblem(f"Another backup is being written to {place}.") from error
        yield


def _clear(place: Path) -> None:
    """What a killed backup left."""
    for folder in (place / "backups").glob(f"{UNFINISHED}*"):
        shutil.rmtree(folder)
    Blobs(place / "blobs").clear()


def _forget(place: Path, keep: int) -> None:
    """Each folder loses its backup's name before its content, and blobs go last: a kill leaves whole backups."""
    for folder in manifest.whole(place)[:-keep]:
        unnamed = folder.with_name(f"{UNFINISHED}{folder.name}")
        folder.rename(unnamed)
        shutil.rmtree(unnamed)
    wanted = {sha256 for folder in manifest.whole(place) for sha256 in manifest.read(folder).hashes()}
    Blobs(place / "blobs").keep_only(wanted)
