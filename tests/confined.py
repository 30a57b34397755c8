"""What a decoder taken over by a hostile file might try: run as the child by tests/test_frames_confinement.py."""

import contextlib
import ctypes
import os
import socket
import sys
import time
from pathlib import Path

from model_server.frames.child import Task, serve


def _attempt(what) -> str:
    try:
        what()
    except OSError as error:
        return error.strerror or "refused"
    return "done"


def reach_out(task: Task) -> None:
    """Everything that should be refused, and how it went."""
    task.event(
        "end",
        socket=_attempt(socket.socket),
        file=_attempt(lambda: Path("/etc/passwd").read_bytes()),
        write=_attempt(lambda: Path(task.arguments["folder"], "planted").write_bytes(b"x")),
        program=_attempt(lambda: os.execv("/bin/true", ["true"])),
        process=_attempt(_fork),
        environment=sorted(os.environ),
    )


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def hang(task: Task) -> None:
    time.sleep(600)


def spin(task: Task) -> None:
    task.allow_cpu(1)
    while True:
        pass


def bomb(task: Task) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(64 << 20))


def segfault(task: Task) -> None:
    ctypes.string_at(0)


def trip(task: Task) -> None:
    raise RuntimeError("a mistake of ours")


def babble(task: Task) -> None:
    task.outbox.send(b"GET / HTTP/1.1\r\n\r\n" * 100)


def flood(task: Task) -> None:
    """More to the log than it may hold; the process lives on."""
    with contextlib.suppress(OSError):
        for _ in range(100):
            os.write(sys.stderr.fileno(), b"x" * 65536)
    task.event("end")


if __name__ == "__main__":
    serve({job.__name__: job for job in (reach_out, hang, spin, bomb, segfault, trip, babble, flood)})
