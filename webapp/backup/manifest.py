"""What a backup holds: one JSON file, written last, so that a folder with it is a whole backup."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from webapp.backup.problems import BackupProblem
from webapp.uploads.parts import sync_folder

FORMAT = 1
NAME, DUMP = "manifest.json", "database.dump"
UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Entry:
    """A stored file. `changed` tells a later backup that it need not read it again."""

    key: str
    size_bytes: int
    changed: float
    sha256: str


@dataclass
class Manifest:
    made_at: str  # ISO 8601, UTC: the moment that the database is of
    dump_sha256: str
    migrations: list[str]  # "app.name", as applied
    n_videos: int
    files: list[Entry] = field(default_factory=list)
    parts: list[Entry] = field(default_factory=list)  # uploads that were whole and not yet a video
    lacking: list[str] = field(default_factory=list)  # keys that the database names and the store did not have
    format: int = FORMAT

    def hashes(self) -> set[str]:
        return {entry.sha256 for entry in [*self.files, *self.parts]}

    def write(self, folder: Path) -> None:
        part = folder / f"{NAME}.part"
        with part.open("w") as file:
            json.dump(asdict(self), file, indent=0)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / NAME)
        sync_folder(folder)


def read(folder: Path) -> Manifest:
    """Raises BackupProblem where it cannot be used."""
    try:
        facts = json.loads((folder / NAME).read_text())
    except FileNotFoundError as error:
        raise BackupProblem(f"{folder} is no backup: it has no {NAME}.") from error
    except ValueError as error:
        raise BackupProblem(f"{folder / NAME} is damaged: {error}.") from error
    if facts.get("format") != FORMAT:
        raise BackupProblem(f"{folder} is of a format that this version does not read: use a newer Seekframe.")
    for name in ("files", "parts"):
        facts[name] = [Entry(**entry) for entry in facts[name]]
    return Manifest(**facts)


def whole(place: Path) -> list[Path]:
    """The backups in a place, oldest first; those that were cut off do not count."""
    return sorted(folder.parent for folder in (place / "backups").glob(f"[0-9]*/{NAME}"))


def chosen(source: Path) -> tuple[Path, Path]:
    """The place and the backup that a person named: one backup, or a place, whose newest is meant."""
    if (source / NAME).exists():
        return source.parent.parent, source
    found = whole(source)
    if not found:
        raise BackupProblem(f"There is no whole backup in {source}.")
    return source, found[-1]
