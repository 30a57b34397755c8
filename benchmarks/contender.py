"""One thing to measure, in a process of its own: made ready and warm once, then a round whenever it is its turn.

So no pool of threads gets in another's way, and memory is that of this thing alone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.used import DECODER, Memory, family_cpu_s

SPAWN = get_context("spawn")  # a fork would inherit threads and the memory of this process
OWN_MIB, CHILD_MIB = "own_mib", "child_mib"


@dataclass(frozen=True)
class Plan:
    """What everything is measured on."""

    preset: str
    folder: Path  # throw-away: exported graphs, unpacked weights
    film: Path
    film_s: float
    warm_up: Path  # a few seconds of the same
    segments: int
    queries: int  # a round
    base_clips: int  # a round


class NoFigure(Exception):
    """Why there is none, in one sentence."""


@dataclass(frozen=True)
class Ready:
    """A contender that is loaded and warm."""

    play: Callable[[int], dict[str, float]]  # figures of the round of that number
    note: str
    child: bytes = DECODER  # by what its command line is known, where memory lies in a child


class Contender:
    """The parent's end. `problem` says why there are no figures, where there are none."""

    def __init__(self, maker: str, plan: Plan) -> None:
        """`maker` is `module:function` below `benchmarks`: from Plan to Ready."""
        self.note = self.problem = ""
        self.failed = False
        self.rounds: list[dict[str, float]] = []
        self._line, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=serve, args=(theirs, maker, plan))
        self._process.start()
        theirs.close()
        self.note = self._hear() or ""

    def play(self, number: int) -> None:
        if self.problem:
            return
        self._line.send(number)
        figures = self._hear()
        if figures is not None:
            self.rounds.append(figures)

    def figures(self) -> dict[str, float]:
        return over_rounds(self.rounds)

    def end(self) -> None:
        self._line.close()  # it hears the end of the line, and ends
        self._process.join()

    def _hear(self) -> Any:
        try:
            heard = self._line.recv()
        except EOFError:
            self._process.join()
            self.problem = f"failed: its process ended with {self._process.exitcode}, and said why above"
            self.failed = True
            return None
        if isinstance(heard, NoFigure):
            self.problem = f"not measured: {heard}"
            return None
        return heard


def serve(line: Connection, maker: str, plan: Plan) -> None:
    """The child's end: the note once it is ready, then the figures of each round asked for, until the line ends."""
    module, _, name = maker.partition(":")
    try:
        ready: Ready = getattr(import_module(f"benchmarks.{module}"), name)(plan)
        line.send(ready.note)
        while True:
            number = line.recv()
            with Memory(ready.child) as memory:
                figures = ready.play(number)
            line.send({**figures, OWN_MIB: memory.own_mib, CHILD_MIB: memory.decoder_mib})
    except NoFigure as reason:
        line.send(reason)
    except EOFError:
        return


def over_rounds(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The median of every figure; of memory the most.

    >>> over_rounds([{"ms": 1.0, "own_mib": 5}, {"ms": 3.0, "own_mib": 9}, {"ms": 2.0, "own_mib": 7}])
    {'ms': 2.0, 'own_mib': 9}
    """
    names = rounds[0] if rounds else {}
    return {
        name: (max if name in (OWN_MIB, CHILD_MIB) else median)([figures[name] for figures in rounds]) for name in names
    }


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of computing on all cores."""
    started, started_core_s = time.perf_counter(), family_cpu_s()
    work()
    took_s = time.perf_counter() - started
    return took_s, family_cpu_s() - started_core_s
