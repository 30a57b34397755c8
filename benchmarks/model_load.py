"""What does the model server give many users at once, and what is its batch window worth?

    python -m benchmarks.model_load [--preset small] [--window-ms 0 4 16] [--users 1 4 16 64] [--seconds 30]

The server is the product's, started by the command of `manage.py up`, anew for each window: for so long the first text
of a batch waits for others (4 ms in the product). Each user asks for the embedding of one new text after the other,
without a pause. The crowd runs on the same machine; `own_cores` is what it took of it. Exit status 1: an answer failed.
"""

import argparse
import json
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks import crowd
from benchmarks.running import wait_until
from model_server.client import RemoteEngine
from webapp.embedded import programs
from webapp.embedded.kept import free_port
from webapp.env import ROOT

WARM = 8  # texts before the first figure
BATCH = "seekframe_model_batch_size"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--window-ms", type=float, nargs="+", default=[0, 4, 16])
    parser.add_argument("--users", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--seconds", type=float, default=30, help="for each number of users")
    parser.add_argument("--models", type=Path, help="the folder `models` of an earlier SEEKFRAME_VAR")
    parser.add_argument("--locust", type=Path, default=crowd.LOCUST)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    crowd.check_locust(options.locust)
    rows, wrong = [], []
    with tempfile.TemporaryDirectory(prefix="seekframe-load-") as folder:
        if options.models:
            shutil.copytree(options.models, Path(folder) / "models")
        for window_ms in options.window_ms:
            with model_server(options.preset, window_ms, Path(folder)) as (url, token):
                for users in options.users:
                    row, said = measure(url, token, users, len(rows), options)
                    rows.append({"window_ms": window_ms, **row})
                    wrong += said
                    print(rows[-1], file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    print(crowd.markdown(rows))
    print("\n".join(wrong))
    sys.exit(bool(wrong))


@contextmanager
def model_server(preset: str, window_ms: float, var: Path) -> Iterator[tuple[str, str]]:
    """Its address and token, once it is ready."""
    port, token = free_port(), secrets.token_urlsafe()
    *command, _ = programs.model_command(port)
    own = {"SEEKFRAME_MODEL": preset, "SEEKFRAME_DEVICE": "cpu", "SEEKFRAME_VAR": str(var), "MODEL_SERVER_TOKEN": token}
    environment = programs.environment() | own | {"BATCH_WINDOW_MS": str(window_ms)}
    with (var / "model.log").open("ab") as log:
        server = subprocess.Popen(
            [*command, "benchmarks.windowed_model:app"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: server.poll() is not None or healthy(url), "the model server's start")
        if server.poll() is not None:
            raise SystemExit(f"The model server ended: {(var / 'model.log').read_text()[-2000:]}")
        yield url, token
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def measure(
    url: str, token: str, users: int, run: int, options: argparse.Namespace
) -> tuple[dict[str, Any], list[str]]:
    """A row of the table, and what went wrong in words. `run` makes its texts new ones."""
    engine = RemoteEngine(url, token)
    for number in range(WARM):
        engine.encode_texts([f"warm {run}.{number}"])
    engine.close()
    before = batches(url, token)
    asked = {"users": users, "a_second": users, "seconds": options.seconds, "token": token, "run": run}
    found = crowd.send("crowd_texts", options.locust, host=url, **asked)
    ran, texts = (after - earlier for after, earlier in zip(batches(url, token), before, strict=True))
    return row_of(users, found, ran, texts), crowd.said(found["measured"])


def batches(url: str, token: str) -> tuple[float, float]:
    """Runs of the model over texts so far, and texts in them."""
    answer = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    return runs_and_texts(answer.raise_for_status().text)


def runs_and_texts(metrics: str) -> tuple[float, float]:
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name in (f"{BATCH}_count", f"{BATCH}_sum") and sample.labels["method"] == "encode_texts"
    }
    return found.get(f"{BATCH}_count", 0.0), found.get(f"{BATCH}_sum", 0.0)


def row_of(users: int, found: dict[str, Any], ran: float, texts: float) -> dict[str, Any]:
    summed = crowd.summed(found["measured"])
    answered = summed["requests"] - summed["errors"]
    return {
        "users": users,
        "a_second": round(answered / found["took_s"], 1),
        **summed,
        "mean_batch": round(texts / ran, 1) if ran else 0.0,
        "own_cores": found["own_cores"],
    }


if __name__ == "__main__":
    main()
