"""How much of the machine's memory the embedded Postgres may use."""

import shutil
from pathlib import Path

import psutil

# What a container may use, in cgroup v2 and v1; "max", or a number larger than any machine, where nothing is set.
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
SHARED = Path("/dev/shm")  # where Postgres puts it
SHARE = 12  # a search reads one page of the index after the other; the model and the workers need the rest
LEAST_MB, MOST_MB = 128, 2048  # Postgres' own default; a million anchors


def memory_bytes() -> int:
    """Of this machine, or of the container."""
    total = int(psutil.virtual_memory().total)
    limits = [int(text) for path in LIMITS if path.exists() and (text := path.read_text().strip()).isdigit()]
    return min([total, *limits])


def shared_bytes() -> int:
    """What processes may share through files in memory: 64 MB in a container that nobody told otherwise."""
    return shutil.disk_usage(SHARED).total if SHARED.is_dir() else 0


def postgres_options(total_bytes: int, shared: int) -> list[str]:
    """Room for the pages of the index, and for building one: a graph that does not fit is built many times slower.

    Processes that build it together hold it in shared memory; where that is too small, one builds it alone.

    >>> postgres_options(24 * 2**30, 2**34)
    ['shared_buffers=2048MB', 'maintenance_work_mem=2048MB', 'autovacuum_work_mem=64MB']
    >>> postgres_options(2**30, 2**26)[2:]
    ['autovacuum_work_mem=64MB', 'max_parallel_maintenance_workers=0']
    """
    part = min(max(total_bytes // SHARE // 2**20, LEAST_MB), MOST_MB)
    options = [f"shared_buffers={part}MB", f"maintenance_work_mem={part}MB", "autovacuum_work_mem=64MB"]
    together = shared >= 2 * part * 2**20
    return options if together else [*options, "max_parallel_maintenance_workers=0"]
