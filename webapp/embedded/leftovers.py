"""What a killed `up` left running: found by the pid files of its processes, and ended."""

from pathlib import Path

import psutil

PATIENCE_S = 10.0


def end_leftovers(run_dir: Path) -> list[str]:
    """End every process that a pid file still names, with its children. Returns the names of the services ended."""
    found = {file.stem: process for file in sorted(run_dir.glob("*.pid")) if (process := _written_by(file))}
    family = [member for process in found.values() for member in _with_children(process)]
    for process in family:
        _signal(process, "terminate")
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
    for process in alive:
        _signal(process, "kill")
    psutil.wait_procs(alive, timeout=PATIENCE_S)
    for file in run_dir.glob("*.pid"):
        file.unlink(missing_ok=True)
    return list(found)


def remove_stale_lock(data_directory: Path) -> None:
    """Remove the lock file of a database server that was killed, unless a Postgres still holds it.

    The server looks at its number alone, which another process may have been given since.
    """
    lock = data_directory / "postmaster.pid"
    try:
        if psutil.Process(int(lock.read_text().splitlines()[0])).name() == "postgres":
            return
    except (OSError, ValueError, IndexError, psutil.Error):
        pass
    lock.unlink(missing_ok=True)


def _written_by(file: Path) -> psutil.Process | None:
    """The process that wrote the pid file, if it still runs. A later process may have been given the same number."""
    try:
        process = psutil.Process(int(file.read_text()))
        return process if process.create_time() <= file.stat().st_mtime + 1 else None
    except (ValueError, psutil.Error):
        return None


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _signal(process: psutil.Process, method: str) -> None:
    try:
        getattr(process, method)()
    except psutil.Error:
        pass  # it is gone already
