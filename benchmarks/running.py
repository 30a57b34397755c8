"""Seekframe as a person runs it: `manage.py up` as a process, and a browser's requests without the browser."""

import base64
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from webapp.embedded.kept import free_port
from webapp.env import ROOT

PASSWORD = "correct horse battery"
PATIENCE_S = 240  # for a step on a busy machine; no test waits that long where all is well


def wait_until(true: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < end, f"{what}: not within {PATIENCE_S} s"
        time.sleep(0.1)
    return found


class Up:
    """A running `up` with data of its own. Embedded everything: no URL is set."""

    def __init__(self, var: Path, **settings: str) -> None:
        self.var = var
        self.port = free_port()
        self.lines: list[str] = []
        urls = ("DATABASE_URL", "REDIS_URL", "MODEL_SERVER_URL", "STORAGE_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")
        inherited = {name: value for name, value in os.environ.items() if name not in urls}
        own = {"SEEKFRAME_VAR": str(var), "SEEKFRAME_ENV_FILE": os.devnull, "PORT": str(self.port)}
        self.environment = {**inherited, **own, "SEEKFRAME_MODEL": "tiny", "SEEKFRAME_DEVICE": "cpu", **settings}

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def start(self) -> None:
        self.lines.clear()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--no-samples"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def wait_ready(self) -> None:
        wait_until(lambda: "Seekframe is ready" in self.output or self.process.poll() is not None, "the start")
        assert self.process.poll() is None, self.output

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def service(self, name: str) -> psutil.Process | None:
        """The service's main process, if it runs."""
        try:
            return psutil.Process(int((self.var / "run" / f"{name}.pid").read_text()))
        except (OSError, ValueError, psutil.Error):
            return None

    def end(self, number: signal.Signals) -> int:
        """Send the signal and wait; the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        return status

    def manage(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Another command, as typed in another terminal while `up` runs."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
        self.process.stdout.close()


def gone(family: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family)


class Visitor(httpx.Client):
    """A browser without the browser: cookies, and the CSRF token that a form or a script sends along."""

    def __init__(self, address: str) -> None:
        super().__init__(base_url=address, follow_redirects=True, timeout=60, trust_env=False)

    def submit(self, path: str, **fields: str) -> httpx.Response:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path).text)
        assert token is not None
        return self.post(path, data={**fields, "csrfmiddlewaretoken": token[1]})

    def make_first_account(self) -> None:
        answer = self.submit("/setup", username="alice", password1=PASSWORD, password2=PASSWORD)
        assert answer.status_code == 200, answer.text
        assert answer.url.path == "/"

    def library(self) -> str:
        """The id of the library that came with the account."""
        found = re.search(r'<option value="([^"]+)"[^>]*>My videos<', self.get("/upload").text)
        assert found is not None
        return found[1]

    def tus_upload(self, file: Path, piece_bytes: int) -> str:
        """The whole file in pieces, as the page's uploader sends it. Its id, which becomes the video's."""
        data = file.read_bytes()
        facts = {"filename": file.name, "library": self.library()}
        words = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())
        headers = {"Tus-Resumable": "1.0.0", "X-CSRFToken": self.cookies["csrftoken"], "Origin": str(self.base_url)}
        made = self.post("/uploads/", headers={**headers, "Upload-Length": str(len(data)), "Upload-Metadata": words})
        assert made.status_code == 201, made.text
        for start in range(0, len(data), piece_bytes):
            sent = self.patch(
                made.headers["Location"],
                content=data[start : start + piece_bytes],
                headers={**headers, "Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"},
            )
            assert sent.status_code == 204, sent.text
        return made.headers["Location"].rsplit("/", 1)[1]
