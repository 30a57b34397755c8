"""How much room videos take, by what the files are for."""

import shutil
from dataclasses import dataclass

from django.core.files.storage import default_storage

from indexer import files

ORIGINAL, PROXY = "original", "proxy.mp4"


@dataclass(frozen=True)
class Usage:
    original_bytes: int = 0
    proxy_bytes: int = 0
    picture_bytes: int = 0  # posters and storyboards


def measure() -> Usage:
    """Looks at every stored file, so it takes its time: for a worker, not for a page."""
    sums = {ORIGINAL: 0, PROXY: 0, "": 0}
    for key, n_bytes in files.sizes():
        name = key.rpartition("/")[2]
        sums[name if name in sums else ""] += n_bytes
    return Usage(sums[ORIGINAL], sums[PROXY], sums[""])


def free_bytes() -> int | None:
    """Of the disk that holds the videos; None for a bucket, which has no end."""
    try:
        folder = files.existing_parent(default_storage.path(""))
    except NotImplementedError:
        return None
    return shutil.disk_usage(folder).free
