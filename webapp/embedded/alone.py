"""The embedded database by itself, for commands that need it while `up` does not run."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from webapp import env
from webapp.embedded import kept
from webapp.embedded.leftovers import end_leftovers, remove_stale_lock
from webapp.embedded.postgres import Cluster, place_data
from webapp.embedded.supervision import StartProblem

START_S = 60.0


@contextmanager
def database_alone() -> Iterator[str]:
    """Its address, with nothing else of `up` running; StartProblem while `up` runs. Made where there is none yet."""
    var = env.var_dir()
    run_dir = var / "run"
    run_dir.mkdir(parents=True, exist_ok=True)
    var.chmod(0o711)  # the database's user passes through, and sees nothing
    run_dir.chmod(0o700)
    with kept.only_one(run_dir / "up.lock"):
        end_leftovers(run_dir)
        values = kept.load(env.embedded_file())
        cluster = Cluster(place_data(var / "postgres"), kept.port(values, "POSTGRES_PORT"))
        cluster.initialise()
        remove_stale_lock(cluster.directory)
        kept.save(env.embedded_file(), values | {"DATABASE_URL": cluster.url})
        with _running(cluster):
            cluster.make_database()
            yield cluster.url


@contextmanager
def _running(cluster: Cluster) -> Iterator[None]:
    server = subprocess.Popen(cluster.command(), user=cluster.user(), cwd="/", stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + START_S
        while not cluster.ready():
            if server.poll() is not None or time.monotonic() > end:
                raise StartProblem("The embedded database does not start: `manage.py up` shows its last lines.")
            time.sleep(0.1)
        yield
    finally:
        server.send_signal(signal.SIGINT)  # it does not wait for clients
        server.wait(START_S)
