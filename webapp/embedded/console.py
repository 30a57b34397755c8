"""One readable stream from many processes: each line with the name of the service that printed it."""

import json
import os
import re
import selectors
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

WIDTH = 8  # of the name column
COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)
READ_BYTES = 65536
# What supervisord prints about its own work, and what a person is told instead.
EVENTS = (
    (re.compile(r"exited: (\w+) \((.*); not expected\)"), "{0} stopped unexpectedly ({1}) and is started again."),
    (re.compile(r"gave up: (\w+) entered FATAL"), "{0} stops again and again and is left off; its last lines say why."),
    (re.compile(r"killing '(\w+)' \(\d+\) with SIGKILL"), "{0} did not stop in time and was killed."),
    # Its advice about root and about its socket, which only this user may open, does not apply.
    (re.compile(r"CRIT ((?!.*running as root|.*without any HTTP auth).*)"), "supervisord: {0}"),
)
# True, and no use to the person who reads: advice about the kernel, and about a signal that we send ourselves.
NOISE = re.compile(r"Memory overcommit must be enabled|^worker: (Hitting Ctrl\+C again|Cold shutdown)|^\s*$")


def readable(line: str) -> str:
    """A JSON log line as words; any other line as it is.

    >>> readable('{"at": "2026-01-01T10:20:30.5+00:00", "level": "info", "event": "indexed", "seconds": 2.5}')
    '10:20:30 indexed seconds=2.5'
    """
    if not line.startswith("{"):
        return line
    try:
        fields = json.loads(line)
        when, level, event = fields.pop("at")[11:19], fields.pop("level"), fields.pop("event")
    except (ValueError, KeyError, TypeError):
        return line
    loud = [] if level == "info" else [level.upper()]
    rest = [f"{key}={value}" for key, value in fields.items() if key not in ("logger", "request_id", "error")]
    return " ".join([when, *loud, event, *rest]) + (f"\n{fields['error']}".rstrip() if "error" in fields else "")


def event_sentence(line: str) -> str | None:
    """What one of supervisord's own lines means for the person; None for its routine.

    >>> event_sentence("2026-01-01 10:00:00,000 WARN exited: index (terminated by SIGKILL; not expected)")
    'index stopped unexpectedly (terminated by SIGKILL) and is started again.'
    """
    for pattern, sentence in EVENTS:
        match = pattern.search(line)
        if match:
            return sentence.format(*match.groups())
    return None


class Console:
    """Prints lines from any thread, whole, one at a time."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream = stream
        self.colour = stream.isatty() and "NO_COLOR" not in os.environ
        self.lock = threading.Lock()
        self.names: list[str] = []

    def line(self, name: str, text: str) -> None:
        with self.lock:
            self.stream.write(f"{self._prefix(name)} {text}\n")
            self.stream.flush()

    def say(self, sentence: str) -> None:
        self.line("up", sentence)

    def _prefix(self, name: str) -> str:
        label = f"{name:<{WIDTH}} |"
        if not self.colour:
            return label
        if name not in self.names:
            self.names.append(name)
        return f"\033[{COLOURS[self.names.index(name) % len(COLOURS)]}m{label}\033[0m"


class Pump(threading.Thread):
    """Reads the services' named pipes and prints their lines, until the process ends."""

    def __init__(self, console: Console, pipes: Iterable[Path], supervisord: Path) -> None:
        super().__init__(name="console", daemon=True)
        self.console = console
        self.supervisord = supervisord
        self.selector = selectors.DefaultSelector()
        self.rest: dict[str, bytes] = {}
        for pipe in [*pipes, supervisord]:
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe, 0o600)
            # Read and write: then there is always a reader for a service that starts, and never an end of file.
            self.selector.register(os.open(pipe, os.O_RDWR | os.O_NONBLOCK), selectors.EVENT_READ, pipe.stem)

    def run(self) -> None:
        while True:
            for key, _ in self.selector.select():
                self._take(key.data, os.read(key.fd, READ_BYTES))

    def drain(self) -> None:
        """Print what is still in the pipes; called when nothing writes any more."""
        while events := self.selector.select(timeout=0.2):
            for key, _ in events:
                try:
                    self._take(key.data, os.read(key.fd, READ_BYTES))
                except BlockingIOError:  # the thread took it
                    pass

    def _take(self, name: str, data: bytes) -> None:
        *lines, self.rest[name] = (self.rest.get(name, b"") + data).split(b"\n")
        for line in lines:
            self._print(name, line.decode(errors="replace").rstrip())

    def _print(self, name: str, line: str) -> None:
        if name != self.supervisord.stem:
            if not NOISE.search(line):
                for part in readable(line).splitlines():
                    self.console.line(name, part)
        elif sentence := event_sentence(line):
            self.console.say(sentence)
