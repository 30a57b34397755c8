"""Seconds a stage. Decoding runs beside the model, so the stages add up to more than the time that passed: `total`.

`wait` is the part of decoding that nothing ran beside.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from model_server.engine import Engine


@runtime_checkable
class Staged(Protocol):
    """An engine that knows how its time was spent: seconds since it was loaded, by stage."""

    @property
    def stage_s(self) -> dict[str, float]: ...


class Timings:
    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._seconds: dict[str, float] = defaultdict(float)

    def add(self, stage: str, seconds: float) -> None:
        self._seconds[stage] += seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - started)

    @contextmanager
    def model(self, engine: Engine) -> Iterator[None]:
        """`encode` and `predict` apart where the engine tells them apart; a remote one only knows `predict`."""
        before = dict(engine.stage_s) if isinstance(engine, Staged) else {}
        with self.stage("predict"):
            yield
        if isinstance(engine, Staged):
            encode_s = engine.stage_s.get("encode", 0.0) - before.get("encode", 0.0)
            self.add("encode", encode_s)
            self.add("predict", -encode_s)

    def total(self) -> float:
        return round(time.perf_counter() - self._started, 3)

    def seconds(self) -> dict[str, float]:
        """For the row: rounded, with what passed on the clock under `total`."""
        return {name: round(seconds, 3) for name, seconds in self._seconds.items()} | {"total": self.total()}
