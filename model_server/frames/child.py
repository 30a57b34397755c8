"""The confined child: reads one stranger's file and answers over a pipe. Run as a program, never imported by a server.

The parent is `model_server.frames.process`. A subprocess and not `multiprocessing`, because Celery's workers are
daemonic and may not have children of that kind.
"""

import importlib
import json
import os
import pkgutil
import queue
import resource
import signal
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from PIL import Image

from model_server.frames import confine, jobs
from model_server.frames.confine import Limits
from model_server.frames.errors import MediaError
from model_server.frames.pipe import event_message, frame_message, write_all

_SIGN_EVERY_S = 5.0
_AHEAD = 64  # messages that wait for the parent: decoding goes on while it encodes


class Outbox:
    """A thread that writes messages in order; `send` waits when the parent is far behind."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._queue: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def send(self, message: bytes) -> None:
        self._queue.put(message)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (message := self._queue.get()) is not None:
            try:
                write_all(self._fd, message)
            except OSError:
                os._exit(0)  # nobody reads any more


@dataclass(frozen=True)
class Task:
    """What a job is given: the open file, its arguments, and how to answer."""

    fd: int
    arguments: dict[str, Any]
    outbox: Outbox
    _signs: list[float] = field(default_factory=lambda: [time.monotonic()])

    def event(self, event: str, **facts: Any) -> None:
        self.outbox.send(event_message({"event": event, **facts}))

    def alive(self) -> None:
        """A sign of life, now and then, from work that has nothing to show yet."""
        if time.monotonic() - self._signs[-1] > _SIGN_EVERY_S:
            self._signs[-1] = time.monotonic()
            self.event("alive")

    def frame(self, pixels: bytes, time_s: float, decode_s: float) -> None:
        self.outbox.send(frame_message(pixels, time_s, decode_s))

    def allow_cpu(self, seconds: float) -> None:
        """The job knows how long the video is: its share of the ceiling that the parent set."""
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (min(int(seconds), hard), hard))


Job = Callable[[Task], None]


def serve(known: Mapping[str, Job]) -> None:
    """Take one order from standard input, confine this process, do the job, answer on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends us
    order = json.loads(_first_line(0))
    answers = os.dup(1)
    os.dup2(2, 1)  # a library that prints must not garble the answers
    _import_all_of_av()
    if order["job"] == "photo":
        Image.init()  # Pillow, too, imports its formats when they are first met: a third of a start's work
    job = known[order["job"]]
    layers = _confine(order)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    outbox = Outbox(answers)
    task = Task(order["fd"], order["arguments"], outbox)
    task.event("confined", **layers)
    _answer(job, task)
    outbox.close()


def _import_all_of_av() -> None:
    """PyAV imports parts of itself when they are first met, which is too late once the file system is gone."""
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name not in ("av.__main__", "av.datasets"):
            importlib.import_module(module.name)


def _confine(order: dict[str, Any]) -> dict[str, bool]:
    confine.limit_resources(Limits(**order["limits"]))
    if order["parent_pid"]:
        confine.die_with_parent(order["parent_pid"])
    writable = Path(order["writable"]) if order["writable"] else None
    return {"network": confine.leave_network(), **confine.drop_the_rest(writable)}


def _answer(job: Job, task: Task) -> None:
    """Every failure becomes one event: what a person can understand, and whether it is the file's fault."""
    try:
        job(task)
    except MediaError as error:
        task.event("error", message=str(error), permanent=error.permanent)
    except MemoryError:
        task.event("error", message="This video needs more memory to be read than is allowed here.", permanent=True)
    except av.error.FFmpegError:
        traceback.print_exc()  # to standard error, which the parent keeps
        task.event("error", message="This file is damaged and cannot be read to its end.", permanent=True)


def _first_line(fd: int) -> bytes:
    """Unbuffered, because the rest of the pipe belongs to the thread that watches for its end."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(fd, 1)
        if not byte:
            os._exit(1)
        line += byte
    return line


def _exit_with_parent() -> None:
    """The parent holds the other end of standard input: when it goes, however it goes, so do we."""
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    serve(jobs.JOBS)
