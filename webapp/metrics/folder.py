"""Where the workers of one gunicorn count together, so that a scrape that reaches one of them tells of all.

prometheus_client reads the variable as it is imported: `wsgi` calls `prepare` before anything else.
"""

import os
import shutil
import socket
import time
from pathlib import Path

import psutil

from webapp.env import var_dir

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
STRANGE_AFTER_S = 24 * 3600.0  # another machine's folder in which nobody has counted for so long


def prepare() -> None:
    """A folder named for the master that started this worker. What masters left that are gone is removed."""
    if VARIABLE in os.environ:
        return
    root = var_dir() / "metrics"
    own = root / _name(psutil.Process(os.getppid()))
    own.mkdir(parents=True, exist_ok=True)
    os.environ[VARIABLE] = str(own)
    for folder in root.iterdir():
        if folder != own and not _is_in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _name(master: psutil.Process) -> str:
    return f"{socket.gethostname()}_{master.pid}_{int(master.create_time())}"


def _is_in_use(folder: Path) -> bool:
    """Containers may share the disk: of another machine's processes only what they write tells."""
    host, _, rest = folder.name.rpartition("_")[0].rpartition("_")
    if host != socket.gethostname():
        newest = max((path.stat().st_mtime for path in folder.glob("*.db")), default=0.0)
        return time.time() - newest < STRANGE_AFTER_S
    try:
        return _name(psutil.Process(int(rest))) == folder.name
    except (psutil.Error, ValueError):
        return False
