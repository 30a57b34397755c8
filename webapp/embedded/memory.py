"""How much of the machine's memory the embedded Postgres may use."""

import shutil
from pathlib import Path

import psutil

# What a container may use, in cgroup v2 and v1; "max", or a number larger than any machine, where nothing is set.
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
SHARED = Path("/dev/shm")  # where Postgres puts it
# As Postgres' manual says, a quarter for pages: they are only taken as the database grows. And for building an index,
# a twelfth: the graph of a million anchors is 1.4 GB.
PAGES_SHARE, BUILD_SHARE = 4, 12
LEAST_MB, MOST_PAGES_MB, MOST_BUILD_MB = 128, 8192, 2048


def memory_bytes() -> int:
    """Of this machine, or of the container."""
    total = int(psutil.virtual_memory().total)
    limits = [int(text) for path in LIMITS if path.exists() and (text := path.read_text().strip()).isdigit()]
    return min([total, *limits])


def shared_bytes() -> int:
    """What processes may share through files in memory: 64 MB in a container that nobody told otherwise."""
    return shutil.disk_usage(SHARED).total if SHARED.is_dir() else 0


def postgres_options(total_bytes: int, shared: int) -> list[str]:
    """Room for the pages of index and streams, and for building an index: a graph that does not fit is built many
    times slower. Processes that build it together hold it in shared memory; with too little of it, one does.

    >>> postgres_options(24 * 2**30, 2**34)
    ['shared_buffers=6144MB', 'maintenance_work_mem=2048MB', 'autovacuum_work_mem=64MB']
    >>> postgres_options(2**30, 2**26)[::3]
    ['shared_buffers=256MB', 'max_parallel_maintenance_workers=0']
    """
    total_mb = total_bytes // 2**20
    pages = min(max(total_mb // PAGES_SHARE, LEAST_MB), MOST_PAGES_MB)
    build = min(max(total_mb // BUILD_SHARE, LEAST_MB), MOST_BUILD_MB)
    options = [f"shared_buffers={pages}MB", f"maintenance_work_mem={build}MB", "autovacuum_work_mem=64MB"]
    together = shared >= 2 * build * 2**20
    return options if together else [*options, "max_parallel_maintenance_workers=0"]
