"""supervisord: told what to run, asked how it goes, and taken down with everything below it."""

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from webapp.embedded.programs import LAST_STORE, Program

MAX_SOCKET_PATH = 100  # the kernel's limit is 108 bytes
STOP_S = 60.0

HEAD = """
[supervisord]
nodaemon=true
user={user}
pidfile={run_dir}/supervisord.pid
logfile={run_dir}/supervisord.out
logfile_maxbytes=0
silent=true
loglevel=info
minfds=256

[unix_http_server]
file={socket}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""


class StartProblem(Exception):
    """Why Seekframe does not start. One sentence for the operator."""


class Supervision:
    """A running supervisord."""

    def __init__(self, run_dir: Path, user: str) -> None:
        self.run_dir = run_dir
        self.user = user
        self.socket = self._socket()
        self.services: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, programs: Sequence[Program], environment: dict[str, str], cwd: Path) -> None:
        self.services = [program.name for program in programs if program.order > LAST_STORE]
        head = HEAD.format(run_dir=self._escaped(self.run_dir), socket=self._escaped(self.socket), user=self.user)
        configuration = self.run_dir / "supervisord.conf"
        configuration.write_text(head + "".join(program.section(self.run_dir) for program in programs))
        self.socket.unlink(missing_ok=True)
        # A session of its own: Ctrl-C reaches `up` alone, which then stops the services in order.
        become = [sys.executable, "-m", "webapp.embedded.spawn", str(self.run_dir / "supervisord.pid"), "TERM", "-"]
        self.process = subprocess.Popen(
            [*become, sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            cwd=cwd,
            start_new_session=True,
        )
        self.wait("the supervisor", self._answers, 20)

    def start_programs(self, programs: Sequence[Program]) -> None:
        for program in programs:
            self._call("startProcess", program.name, False)

    def wait(self, title: str, ready: Callable[[], bool], seconds: float, *names: str) -> None:
        """Until ready() is true. Raises StartProblem when a named program has ended or the time is over."""
        end = time.monotonic() + seconds
        while not ready():
            if not self.alive():
                raise StartProblem("The supervisor stopped: its last lines are above.")
            if any(self._has_ended(name) for name in names):
                raise StartProblem(f"{title.capitalize()} ended as soon as it was started: its last lines say why.")
            if time.monotonic() > end:
                raise StartProblem(f"{title.capitalize()} did not answer within {seconds:.0f} seconds.")
            time.sleep(0.1)

    def _has_ended(self, name: str) -> bool:
        """Whether the program ended, were it only once: what cannot start must not be tried for minutes."""
        info = self._call("getProcessInfo", name)
        return bool(info["stop"]) or info["statename"] in ("BACKOFF", "FATAL")

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_for_end(self) -> None:
        """Return when supervisord ends, which it does only when it is stopped or fails."""
        assert self.process is not None
        self.process.wait()

    def stop(self) -> None:
        """Stop every service in order, and end whatever of them is left. Nothing of it runs after this."""
        if self.process is None:
            return
        family = psutil.Process(self.process.pid).children(recursive=True) if self.alive() else []
        if self.alive():
            self._stop_services()
            self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for process in family:
            try:
                process.kill()  # psutil checks that the number still belongs to the same process
            except psutil.NoSuchProcess:
                pass
        psutil.wait_procs(family, timeout=5)
        self.socket.unlink(missing_ok=True)

    def _stop_services(self) -> None:
        """All that use the stores, at once: by itself supervisord stops one after the other."""
        try:
            for name in self.services:
                if self._call("getProcessInfo", name)["statename"] == "RUNNING":
                    self._call("stopProcess", name, False)
            end = time.monotonic() + STOP_S
            while any(self._call("getProcessInfo", name)["statename"] == "STOPPING" for name in self.services):
                if time.monotonic() > end:
                    return
                time.sleep(0.05)
        except (OSError, Fault, HTTPException):
            pass  # it is going down already, and takes them with it

    def _answers(self) -> bool:
        try:
            return str(self._call("getState")["statename"]) == "RUNNING"
        except (OSError, Fault):
            return False

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        with ServerProxy("http://127.0.0.1", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)

    def _socket(self) -> Path:
        path = self.run_dir / "supervisord.sock"
        if len(str(path).encode()) <= MAX_SOCKET_PATH:
            return path
        name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"seekframe-{name}.sock"

    def _escaped(self, path: Path) -> str:
        return str(path).replace("%", "%%")
