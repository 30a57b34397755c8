"""What killed processes leave beside what they made: half-written files in the store, folders for temporary files."""

import logging
import shutil
import tempfile
import time
from pathlib import Path

from indexer import files

log = logging.getLogger(__name__)

AGE_S = 24 * 3600  # younger ones may be somebody's work


def litter_delete(older_than_s: float = AGE_S) -> list[str]:
    """Remove what nothing has been written to for so long. Safe to run at any moment, beside any worker."""
    before = time.time() - older_than_s
    work = Path(tempfile.gettempdir()).glob(f"{files.WORK_PREFIX}*")
    old = [path for path in [*files.half_written(), *work] if _newest(path) < before]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        log.info("litter_deleted", extra={"file": path.name})
    return [path.name for path in old]


def _newest(path: Path) -> float:
    """When anything in it was last written; now for what is just going."""
    try:
        return max(found.stat().st_mtime for found in [path, *path.rglob("*")])
    except FileNotFoundError:
        return time.time()
