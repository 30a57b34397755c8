"""Model servers for tests: any engine behind a real socket in this process, or the real command as a process."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import numpy as np
import uvicorn

from model_server.engine import Clips, Embeddings, Engine, EngineError, Space
from model_server.server.app import make_app
from tests.services import wait_for_port
from webapp.embedded.kept import free_port

SPACE = Space(
    model="letters",
    version="1",
    dim=26,
    clip_frames=4,
    window_s=2.0,
    stride_s=1.0,
    prompt="Which letters?",
    frame_px=8,
)


class LetterEngine:
    """A model small enough to check by eye: a text's embedding counts its letters, a clip's its brightest values."""

    def __init__(self, space: Space = SPACE) -> None:
        self.space = space
        self.batches: list[list[str]] = []
        self.go_on = threading.Event()  # cleared by a test that wants requests to pile up
        self.go_on.set()

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        self.batches.append(list(texts))
        self.go_on.wait(20)
        if "raise" in texts:
            raise EngineError("The y-encoder stumbled.", permanent=False)
        if "crash" in texts:
            raise RuntimeError("a bug")
        return unit([[text.count(chr(97 + i)) for i in range(26)] for text in texts])

    def predict(self, clips: Clips, prompt: str | None = None) -> Embeddings:
        self.go_on.wait(20)
        if prompt not in (None, self.space.prompt):
            raise EngineError("These weights know one prompt.", permanent=True)
        values = clips.frames[clips.index].reshape(len(clips), -1)  # (n, T*H*W*3)
        return unit([np.bincount(row, minlength=26)[:26] for row in values])

    def decode(self, embeddings: Embeddings) -> list[str]:
        return [chr(97 + int(row.argmax())) for row in embeddings]


def unloadable() -> Engine:
    raise ValueError("There is no such preset.")


letters = make_app(LetterEngine, token="secret")
broken = make_app(unloadable)


def unit(rows: Sequence[Sequence[int]]) -> Embeddings:
    array = np.array(rows, np.float32) + 0.01
    return (array / np.linalg.norm(array, axis=1, keepdims=True)).astype(np.float32)


@contextmanager
def serving(load: Callable[[], Engine], token: str = "", port: int = 0) -> Iterator[str]:
    """The address of a server around the engine that `load` gives, in a thread of this process."""
    port = port or free_port()
    config = uvicorn.Config(make_app(load, token=token), host="127.0.0.1", port=port, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for_port(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def ready(engine: Engine, token: str = "", port: int = 0) -> Iterator[str]:
    with serving(lambda: engine, token, port) as url:
        wait_until_ready(url)
        yield url


def wait_until_ready(url: str, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/healthz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{url} is not ready after {seconds} s")


@contextmanager
def process(port: int, var: Path, app: str = "model_server.server.app:app") -> Iterator[subprocess.Popen[bytes]]:
    """The command that `up` and Docker run, with the tiny preset; or another app of this file, which needs no torch."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "--worker-class",
        "model_server.server.worker.Worker",
        "--bind",
    ]
    command += [f"127.0.0.1:{port}", "--keep-alive", "30", "--timeout", "300", app]
    settings = {
        "SEEKFRAME_MODEL": "tiny",
        "SEEKFRAME_DEVICE": "cpu",
        "SEEKFRAME_VAR": str(var),
        "MODEL_SERVER_TOKEN": "secret",
    }
    settings["OMP_NUM_THREADS"] = "1"  # threads that wait for each other crawl on a busy machine
    started = subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.PIPE, start_new_session=True)
    try:
        yield started
    finally:
        kill(started)


def kill(started: subprocess.Popen[bytes]) -> None:
    """SIGKILL to gunicorn and its worker, as the kernel does when memory runs out."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert started.stderr is not None
    started.stderr.close()
