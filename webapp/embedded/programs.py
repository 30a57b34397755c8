"""The processes that make up Seekframe on one machine, as supervisord is told of them."""

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from model_server.tracks.extras import LIBRARIES

PYTHON = sys.executable
LAST_STORE = 10  # the highest `order` of what the others need until they have stopped
CELERY = (PYTHON, "-m", "celery", "--quiet", "--app", "webapp")
QUIET = ("--without-gossip", "--without-mingle", "--loglevel", "info")
GUNICORN = (PYTHON, "-m", "gunicorn", "--no-control-socket")


@dataclass(frozen=True)
class Program:
    """One supervised process. `order`: lower starts earlier and stops later."""

    name: str
    command: Sequence[str]
    order: int
    stop_signal: str = "TERM"
    user: str = "-"
    once: bool = False  # runs to its end; started again only when it fails

    def section(self, run_dir: Path) -> str:
        """Its part of supervisord's configuration. Everything it prints goes to a named pipe of its own."""
        spawn = [PYTHON, "-m", "webapp.embedded.spawn", str(run_dir / f"{self.name}.pid"), self.stop_signal, self.user]
        command = shlex.join([*spawn, *self.command]).replace("%", "%%")
        return SECTION.format(
            name=self.name,
            command=command,
            order=self.order,
            pipe=str(run_dir / f"{self.name}.out").replace("%", "%%"),
            signal=self.stop_signal,
            restart="unexpected" if self.once else "true",
            start_s=0 if self.once else 1,
        )


# No rotation: the output is a pipe. The group is killed if it does not stop in time, and with it any child.
SECTION = """
[program:{name}]
command={command}
priority={order}
autostart=false
autorestart={restart}
startsecs={start_s}
startretries=5
stopsignal={signal}
stopwaitsecs=15
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={pipe}
stdout_logfile_maxbytes=0
stdout_logfile_backups=0
"""


def database(command: Sequence[str], user: str) -> Program:
    return Program("database", command, order=10, stop_signal="INT", user=user)  # INT: do not wait for clients


def valkey(command: Sequence[str]) -> Program:
    return Program("valkey", command, order=10)


def model(port: int) -> Program:
    return Program("model", model_command(port), order=20)


def model_before(port: int) -> Program:
    """Ends at once where no other model's space answers."""
    command = [PYTHON, "manage.py", "model_before", "--port", str(port)]
    return Program("model-before", command, order=25, once=True)


def model_command(port: int) -> list[str]:
    """The model server on a port of this machine; which model, its environment says."""
    bind = [
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "1",
        "--timeout",
        "300",
        "--graceful-timeout",
        "5",
        "--keep-alive",
        "30",  # longer than the client keeps an idle connection, so that it never sends into a closing one
        "--log-level",
        "warning",
    ]
    worker_class = "model_server.server.worker.Worker"
    return [*GUNICORN, "-k", worker_class, *bind, "model_server.server.app:app"]


def workers() -> list[Program]:
    """One for each queue: a proxy of an hour's video, or hours of copying from a source, must not hold up a finished
    upload or the sweeper.

    QUIT ends a worker's task at once: every task may be killed at any line, and the sweeper rings again.
    """
    index = [*CELERY, "worker", "-Q", "index", "-c", "1", "-n", "index@%h", *QUIET]
    media = [*CELERY, "worker", "-Q", "media", "-c", "1", "-n", "media@%h", *QUIET]
    fetch = [*CELERY, "worker", "-Q", "fetch", "-c", "2", "-n", "fetch@%h", *QUIET]
    tracks = ["nice", *CELERY, "worker", "-Q", "tracks", "-c", "1", "-n", "tracks@%h", *QUIET]
    chores = [*CELERY, "worker", "-Q", "default", "-c", "2", "-n", "chores@%h", *QUIET]
    return [
        Program("index", index, order=30, stop_signal="QUIT"),
        Program("media", media, order=30, stop_signal="QUIT"),
        Program("fetch", fetch, order=30, stop_signal="QUIT"),
        *([Program("tracks", tracks, order=30, stop_signal="QUIT")] if tracks_are_installed() else []),
        Program("chores", chores, order=30, stop_signal="QUIT"),
    ]


def tracks_are_installed() -> bool:
    """Without the extra packages a worker for them would only take memory; the pages say what to install."""
    return any(find_spec(name) is not None for name in LIBRARIES.values())


def beat() -> Program:
    return Program("beat", [*CELERY, "beat", "--loglevel", "warning"], order=30)


def web(host: str, port: int) -> Program:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    threads = ["--workers", "2", "--threads", "8", "--worker-class", "gthread"]
    patience = ["--timeout", "120", "--graceful-timeout", "5", "--log-level", "warning"]
    return Program("web", [*GUNICORN, *threads, *patience, "--bind", address, "webapp.wsgi:application"], order=40)


def samples() -> Program:
    return Program("samples", [PYTHON, "manage.py", "index_samples"], order=50, once=True)


def environment() -> dict[str, str]:
    """What every process starts with besides the settings."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
        # Files are decoded in a confined child, whoever the worker is; as root there is nobody better to run it as.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
    }
