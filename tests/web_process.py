"""The web as it is run: gunicorn in its own process, on the test run's database, Valkey and a folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from tests.services import wait_for_port
from webapp.embedded.kept import free_port

ROOT = Path(__file__).resolve().parent.parent


class Web:
    """A web process that a test may kill and start again."""

    def __init__(self, folder: Path, **own: str) -> None:
        self.folder = folder
        self.own = own  # further settings
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What it and its workers start with."""
        facts = connection.settings_dict
        return os.environ | {
            "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**facts),
            "SEEKFRAME_VAR": str(self.folder),
            "STORAGE_URL": str(self.folder / "storage"),
            "SECRET_KEY": settings.SECRET_KEY,
            "DEBUG": "True",  # static files as they lie, without a manifest to build
            **self.own,
        }

    def start(self, *options: str) -> None:
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--no-control-socket",
            "webapp.wsgi:application",
            "--bind",
            f"127.0.0.1:{self.port}",
        ]
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--worker-class", "gthread", "--threads", "8", "--timeout", "60", *options],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for_port(self.port)

    def kill(self) -> None:
        """As by a power cut: master and workers at once."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process = None
            while _listens(self.port):  # a worker that is dying still holds the port
                time.sleep(0.02)

    def session(self, user) -> dict[str, str]:
        """Cookies and token of a person who is signed in, for a client that is not a browser."""
        client = Client()
        client.force_login(user)
        client.get("/upload")
        cookies = {name: client.cookies[name].value for name in ("sessionid", "csrftoken")}
        return {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": cookies["csrftoken"],
        }


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def web(transactional_db, settings, tmp_path: Path) -> Iterator[Web]:
    """Started, and stopped with the test; this process and that one share the folder of uploads and of storage."""
    settings.UPLOADS_DIR = tmp_path / "uploads"
    (tmp_path / "static").mkdir()
    made = Web(tmp_path)
    made.start()
    yield made
    made.kill()
