"""Seconds a stage. Decoding runs beside the model, so the stages add up to more than the time that passed: `total`.

`wait` is the part of decoding that nothing ran beside.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Protocol, runtime_checkable

from indexer.selectors import videos_present
from model_server.engine import Engine

STAGES = ("probe", "decode", "wait", "encode", "predict", "segment", "store", "total")
LAST_VIDEOS = 100


@runtime_checkable
class Staged(Protocol):
    """An engine that knows how its time was spent: seconds since it was loaded, by stage."""

    @property
    def stage_s(self) -> dict[str, float]: ...


@dataclass(frozen=True)
class StageMedian:
    """What a stage took of the videos indexed last."""

    stage: str
    seconds: float
    times_real_time: float | None  # seconds of video a second of work


def medians(n_videos: int = LAST_VIDEOS) -> tuple[int, list[StageMedian]]:
    """How many videos were looked at, and the stages in the order they happen, `total` last."""
    recent = videos_present().exclude(indexed_at=None).order_by("-indexed_at")
    rows = list(recent.values_list("stage_timings", "duration_s")[:n_videos])
    measured = [(timings, duration_s or 0.0) for timings, duration_s in rows if timings]
    stages = []
    for stage in STAGES:
        seconds = [float(timings[stage]) for timings, _ in measured if stage in timings]
        paces = [length / timings[stage] for timings, length in measured if timings.get(stage) and length]
        if seconds:
            stages.append(StageMedian(stage, median(seconds), median(paces) if paces else None))
    return len(measured), stages


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
