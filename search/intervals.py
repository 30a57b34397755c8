"""The line under the scrubber as an answer: when, how often and how long. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.results import HeatStep


@dataclass(frozen=True)
class Interval:
    """A run of steps that match well enough, half-open [start_s, end_s)."""

    start_s: float
    end_s: float
    best_s: float  # the start of its best step
    score: float  # of that step

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


def intervals(steps: Sequence[HeatStep], at_least: float) -> list[Interval]:
    """Runs of steps that score `at_least` so much, in time order: the moments that the video page lists."""
    found: list[Interval] = []
    last_end_s = None
    for step in steps:
        if step.score < at_least:
            continue
        if found and last_end_s == step.start_s:
            before = found[-1]
            best_s, score = max((before.best_s, before.score), (step.start_s, step.score), key=lambda best: best[1])
            found[-1] = Interval(before.start_s, step.end_s, best_s, score)
        else:
            found.append(Interval(step.start_s, step.end_s, step.start_s, step.score))
        last_end_s = step.end_s
    return found


def total_s(found: Sequence[Interval]) -> float:
    return sum(interval.duration_s for interval in found)
