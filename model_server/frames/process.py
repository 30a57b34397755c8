"""The parent's side of the confined child: starts it, bounds it, believes nothing it says, and ends it."""

import fcntl
import json
import logging
import math
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from model_server.frames.confine import Limits
from model_server.frames.errors import MediaError
from model_server.frames.pipe import EVENT, STAMP, parse_event, read_message

log = logging.getLogger(__name__)

MODULE = "model_server.frames.child"
CPU_CEILING_S = 24 * 3600  # a child may raise its own limit this far, by the length of the video
_ROOT = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("LANG", "LC_ALL", "LD_LIBRARY_PATH")  # everything else may hold a secret
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031
_LOG_BYTES = 2000
_MAX_SENTENCE = 500

_reported: set[str] = set()  # layers that this system lacks, logged once a process


@dataclass(frozen=True)
class Event:
    name: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Frame:
    pixels: bytes
    time_s: float
    decode_s: float


@dataclass(frozen=True)
class Order:
    """One job for one file."""

    job: str
    file: Path
    arguments: dict[str, Any]
    frame_bytes: int = 0  # the exact size of every frame it will send
    writable: Path | None = None
    limits: Limits = field(default_factory=lambda: Limits(cpu_s=CPU_CEILING_S))
    module: str = MODULE


class Child:
    """A context manager around one order. Leaving it ends the process, whatever state it is in."""

    def __init__(self, order: Order) -> None:
        self._order = order
        file_fd = _open(order.file)
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        try:
            self._process = self._start(file_fd)
        except OSError as error:
            self._log.close()
            raise MediaError(f"The decoder cannot be started: {error.strerror}.", permanent=False) from error
        finally:
            os.close(file_fd)
        assert self._process.stdout is not None
        self._answers = self._process.stdout.fileno()
        self.waited_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def messages(self) -> Iterator[Event | Frame]:
        """What the child sends until its `end` or `probe` event; MediaError for what it reports or how it dies."""
        while True:
            message = self._next()
            if isinstance(message, Frame):
                yield message
            elif message.name == "confined":
                _report_missing(message.facts)
            elif message.name == "error":
                if words := self._last_words():
                    log.warning("the decoder gave up: %s", words)
                raise _error_of(message.facts)
            else:
                yield message
                if message.name in ("end", "probe"):
                    return

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass

    def _start(self, file_fd: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
                [sys.executable, "-s", "-m", self._order.module],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, bufsize=0,
                cwd=_ROOT, env=_environment(), pass_fds=(file_fd,),
                start_new_session=True,  # a signal meant for a worker's group must not look like a crash
            )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        _widen(process.stdout.fileno())
        try:
            process.stdin.write(self._order_line(file_fd))  # stays open: its end tells the child that we are gone
        except BrokenPipeError:
            pass  # it died at once; reading its answer says how
        return process

    def _order_line(self, file_fd: int) -> bytes:
        # The kernel's parent-death signal follows the thread that started the child, so only a main thread asks for it.
        is_main = threading.current_thread() is threading.main_thread()
        order = {
            "job": self._order.job,
            "fd": file_fd,
            "arguments": self._order.arguments,
            "limits": asdict(self._order.limits),
            "writable": str(self._order.writable) if self._order.writable else None,
            "parent_pid": os.getpid() if is_main else 0,
        }
        return json.dumps(order).encode() + b"\n"

    def _next(self) -> Event | Frame:
        try:
            kind, body = read_message(self._read_exactly, self._order.frame_bytes)
            if kind == EVENT:
                facts = parse_event(body)
                return Event(facts.pop("event"), facts)
            return _frame(body)
        except ValueError as error:
            log.warning("the decoder sent %s", error)
            raise _crash("The decoder answered nonsense while it read this video, and was stopped.") from error

    def _read_exactly(self, n: int) -> bytes:
        buffer = bytearray(n)
        view = memoryview(buffer)
        while view:
            self._wait()
            n_read = os.readv(self._answers, [view])
            if n_read == 0:
                raise self._death()
            view = view[n_read:]
        return bytes(buffer)

    def _wait(self) -> None:
        """Until there is something to read. Only time spent here counts: a slow consumer is no fault of the file."""
        limits = self._order.limits
        start = time.monotonic()
        patience_s = min(limits.stall_s, limits.wall_s - self.waited_s)
        poller = select.poll()  # not select: a busy worker may have more than 1,024 descriptors
        poller.register(self._answers, select.POLLIN)
        ready = patience_s > 0 and poller.poll(patience_s * 1000)
        self.waited_s += time.monotonic() - start
        if not ready:
            raise _crash("Reading this video made no progress for too long, and was stopped.")

    def _death(self) -> MediaError:
        """How a child that stopped answering ended."""
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            return _crash("The decoder stopped answering while it read this video.")
        log.warning("the decoder ended with code %d: %s", code, self._last_words())
        if code == -signal.SIGXCPU:
            return _crash("Reading this video took more computing time than is allowed, and was stopped.")
        if code < 0:
            return _crash(f"The decoder crashed while it read this video ({signal.Signals(-code).name}).")
        return _crash("The decoder stopped by itself while it read this video.")

    def _last_words(self) -> str:
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _LOG_BYTES))
        return self._log.read().decode(errors="replace")


def _frame(body: bytes) -> Frame:
    time_s, decode_s = STAMP.unpack_from(body)
    if not (math.isfinite(time_s) and 0 <= decode_s < math.inf):
        raise ValueError("a frame with no time")
    return Frame(body[STAMP.size :], time_s, decode_s)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise MediaError(f"The file cannot be opened: {error.strerror}.", permanent=False) from error


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _widen(fd: int) -> None:
    """A pipe holds less than one frame unless asked; where the system refuses, it is only slower."""
    try:
        fcntl.fcntl(fd, _F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:
        pass


def _crash(message: str) -> MediaError:
    return MediaError(message, permanent=False, crashed=True)


def _error_of(facts: dict[str, Any]) -> MediaError:
    message, permanent = facts.get("message"), facts.get("permanent")
    if not isinstance(message, str) or not isinstance(permanent, bool):
        return _crash("The decoder answered nonsense while it read this video, and was stopped.")
    return MediaError(message[:_MAX_SENTENCE], permanent=permanent)


def _report_missing(layers: dict[str, Any]) -> None:
    for layer in sorted(name for name, present in layers.items() if present is False):
        if layer not in _reported:
            _reported.add(layer)
            log.warning("this system gives the decoder no isolation of its %s; the other limits hold", layer)
