"""What becomes of a video when indexing stops: a pure decision."""

import pytest

from indexer.leases import MAX_ATTEMPTS
from indexer.models import Video
from indexer.outcomes import backoff_s, decide, sentence_of
from model_server.engine import EngineError
from model_server.frames.errors import MediaError

Status = Video.Status


def outcome(problem: BaseException, attempts: int = 1, crashes: int = 0, has_index: bool = False):
    return decide(problem, attempts=attempts, crashes=crashes, has_index=has_index)


@pytest.mark.parametrize(
    "problem",
    [
        EngineError("The model is away.", permanent=False),
        MediaError("Not now.", permanent=False),
        OSError(28, "No space left on device"),
        MemoryError(),
        KeyError("a mistake of ours"),
    ],
)
def test_it_tries_again_what_may_pass(problem):
    got = outcome(problem)
    assert (got.status, got.wait_s) == (Status.UPLOADED, 10)
    assert "Trying again in 10 s." in got.error


@pytest.mark.parametrize(
    "problem",
    [
        EngineError("No such prompt.", permanent=True),
        MediaError("This is no video.", permanent=True),
        FileNotFoundError(2, "gone"),
    ],
)
def test_it_gives_up_at_once_what_will_not_pass(problem):
    got = outcome(problem)
    assert (got.status, got.wait_s) == (Status.FAILED, None)
    assert "again in" not in got.error


def test_it_waits_longer_each_time_and_then_gives_up():
    away = EngineError("The model is away.", permanent=False)
    waits = [outcome(away, attempts=n).wait_s for n in range(1, MAX_ATTEMPTS + 1)]
    assert waits == [10, 30, 90, 270, None]
    assert backoff_s(2) == 30


def test_a_crash_is_counted_and_the_second_puts_the_video_aside():
    crash = MediaError("The decoder crashed.", permanent=True, crashed=True)
    first, second = outcome(crash), outcome(crash, attempts=2, crashes=1)
    assert (first.status, first.crashes, first.wait_s) == (Status.UPLOADED, 1, 10)
    assert (second.status, second.crashes) == (Status.QUARANTINED, 2)


def test_an_earlier_index_stays_in_use_when_a_reindex_fails():
    got = outcome(MediaError("This is no video.", permanent=True), has_index=True)
    assert got.status == Status.READY
    assert got.error == "This is no video. The earlier index is still searched."


def test_a_full_disk_says_so():
    assert sentence_of(OSError(28, "No space left on device")) == (
        "A file could not be read or written (No space left on device)."
    )
