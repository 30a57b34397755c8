"""What the kill harness may end: the processes of a running `up`, by what they do."""

import random
import time

import psutil

from benchmarks.running import Up

# How often each is chosen; the first word of a kind is the service, `all` its whole process tree at once.
KINDS = {
    "web master": 1,
    "web child": 3,
    "index worker": 1,
    "index child": 4,
    "index all": 1,
    "media child": 3,
    "media all": 1,
    "chores child": 3,
    "chores all": 1,
    "fetch worker": 1,
    "beat": 1,
    "decoder": 5,
    "model master": 1,
    "model child": 1,
    "valkey": 2,
    "database": 2,
    "database child": 3,
}
PATIENCE_S = 3.0  # for a process of the kind to turn up: a decoder lives for a second


class Killer:
    """Ends one process, or one tree of them, at a time; the seed decides which and when."""

    def __init__(self, up: Up, seed: int) -> None:
        self.up = up
        self.dice = random.Random(seed)
        self.ended: dict[str, int] = dict.fromkeys(KINDS, 0)

    def kill_one(self) -> str:
        """Draw kinds until one of them has a process, and end it. Its kind."""
        while True:
            kind = self.dice.choices(list(KINDS), list(KINDS.values()))[0]
            end = time.monotonic() + PATIENCE_S
            while not (victims := self.victims(kind)) and time.monotonic() < end:
                time.sleep(0.02)
            killed = [_kill(victim) for victim in victims]
            if any(killed):
                self.ended[kind] += 1
                return kind

    def victims(self, kind: str) -> list[psutil.Process]:
        if kind == "decoder":
            return self._some(
                [child for name in ("index", "media") for child in self._children(name) if _is_decoder(child)]
            )
        name, *what = kind.split()
        main = self.up.service(name)
        if main is None:
            return []
        if "all" in what:
            return [*self._children(name), main]
        if "child" in what:
            return self._some([child for child in self._children(name) if not _is_decoder(child)])
        return [main]

    def _children(self, name: str) -> list[psutil.Process]:
        main = self.up.service(name)
        try:
            return main.children(recursive=True) if main else []
        except psutil.Error:
            return []

    def _some(self, processes: list[psutil.Process]) -> list[psutil.Process]:
        return [self.dice.choice(processes)] if processes else []


def _is_decoder(process: psutil.Process) -> bool:
    try:
        return "model_server.frames.child" in process.cmdline()
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> bool:
    try:
        process.kill()
    except psutil.Error:
        return False
    return True
