"""Files of a backup, each once, under the hash of its content: what a later backup finds here it need not copy."""

import hashlib
import os
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import IO

from webapp.backup.problems import BackupProblem
from webapp.uploads.parts import sync_folder

COPY_BYTES = 1 << 20


class Blobs:
    """`<folder>/ab/abcd...`. A blob appears whole or not at all, and is never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str, size_bytes: int) -> bool:
        path = self.path(sha256)
        return path.is_file() and path.stat().st_size == size_bytes

    def add(self, source: IO[bytes]) -> tuple[str, int, bool]:
        """Copy a file in; its hash, its size, and whether it was new."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{uuid.uuid4().hex}.part"
        try:
            sha256, size_bytes = copied(source, part)
            target = self.path(sha256)
            if self.has(sha256, size_bytes):
                return sha256, size_bytes, False
            target.parent.mkdir(exist_ok=True)
            part.replace(target)
            sync_folder(target.parent)
            return sha256, size_bytes, True
        finally:
            part.unlink(missing_ok=True)

    def give(self, sha256: str, target: Path) -> None:
        """Copy a blob out, whole and with the content that its name promises, or not at all."""
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
        try:
            with self.path(sha256).open("rb") as source:
                found, _ = copied(source, part)
            if found != sha256:
                raise BackupProblem(f"The backup's file {self.path(sha256)} is damaged: its content has changed.")
            part.replace(target)
        except FileNotFoundError as error:
            raise BackupProblem(f"The backup's file {self.path(sha256)} is missing.") from error
        finally:
            part.unlink(missing_ok=True)

    def clear(self) -> None:
        """What a killed backup left half copied."""
        for part in self.folder.glob("*.part"):
            part.unlink(missing_ok=True)

    def keep_only(self, wanted: Collection[str]) -> int:
        """Remove the blobs that no backup names any more; how many went."""
        unwanted = [path for path in self.folder.glob("??/*") if path.name not in wanted]
        for path in unwanted:
            path.unlink()
        return len(unwanted)


def copied(source: IO[bytes], target: Path) -> tuple[str, int]:
    """Copy to a new file that outlives a power cut; its hash and size."""
    digest, size_bytes = hashlib.sha256(), 0
    with target.open("wb") as out:
        while piece := source.read(COPY_BYTES):
            digest.update(piece)
            size_bytes += out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size_bytes
