"""The story of a restore, top to bottom: look, files, database. Nothing is searched until the last step is whole.

Killed while it copies files, it leaves the database as it was; the same command then goes on.
"""

from pathlib import Path
from uuid import UUID

import psycopg
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.migrations.loader import MigrationLoader

from indexer import files
from webapp.backup import postgres_tools
from webapp.backup.blobs import Blobs
from webapp.backup.manifest import DUMP, Entry, Manifest
from webapp.backup.problems import BackupProblem
from webapp.uploads import parts


def check(*, place: Path, folder: Path, made: Manifest) -> None:
    """That every byte of the backup is there and unchanged. Writes nothing."""
    if files.sha256_of(folder / DUMP) != made.dump_sha256:
        raise BackupProblem(f"The backup's file {folder / DUMP} is damaged: its content has changed.")
    blobs = Blobs(place / "blobs")
    for entry in [*made.files, *made.parts]:
        path = blobs.path(entry.sha256)
        if not path.is_file():
            raise BackupProblem(f"The backup's file {path} is missing.")
        if files.sha256_of(path) != entry.sha256:
            raise BackupProblem(f"The backup's file {path} is damaged: its content has changed.")


def restore(*, url: str, place: Path, folder: Path, made: Manifest, force: bool) -> None:
    """The store and the database as they were; refused over others' data unless forced."""
    _check_version(made)
    _check_nobody_is_connected(url)
    if not force:
        _check_empty(url, made)
    check(place=place, folder=folder, made=made)
    blobs = Blobs(place / "blobs")
    for entry in made.files:
        _give(blobs, entry)
    for entry in made.parts:
        blobs.give(entry.sha256, parts.part_path(UUID(entry.key)))
    postgres_tools.restore(url, folder / DUMP)


def _check_version(made: Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = [name for name in made.migrations if name not in known]
    if unknown:
        raise BackupProblem(f"The backup is of a newer Seekframe ({unknown[-1]}): install that one, then restore.")


def _check_nobody_is_connected(url: str) -> None:
    others = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(others).fetchone()
    if row and row[0]:
        raise BackupProblem("The database is in use: stop the web server and the workers, then restore.")


def _check_empty(url: str, made: Manifest) -> None:
    with psycopg.connect(url) as connection:
        for table in ("indexer_video", "auth_user"):
            found = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
            if found and found[0] and connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                raise BackupProblem("The database is not empty. With --force its content is replaced, for good.")
    ours = {entry.key for entry in made.files}
    for key, _ in files.sizes():
        if key not in ours and not key.endswith(".part"):
            raise BackupProblem(
                f"The store is not empty (it has {key}). With --force the backup's files are put beside and over"
                " what is there."
            )


def _give(blobs: Blobs, entry: Entry) -> None:
    """A file to its key; one that is there with this content stays."""
    try:
        target = Path(default_storage.path(entry.key))
    except NotImplementedError:  # a bucket
        with blobs.path(entry.sha256).open("rb") as source:
            default_storage.delete(entry.key)
            default_storage.save(entry.key, File(source))
        return
    if not (target.is_file() and files.sha256_of(target) == entry.sha256):
        blobs.give(entry.sha256, target)
        target.chmod(0o644)
