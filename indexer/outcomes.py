"""How indexing ends when it does not end well: try again, give up with a sentence, or put the file aside."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now

from indexer.leases import MAX_ATTEMPTS, Lease
from indexer.models import Video
from model_server.engine import EngineError
from model_server.frames.errors import MediaError

log = logging.getLogger(__name__)

MAX_CRASHES = 2
FIRST_WAIT_S = 10
STILL_SEARCHABLE = "The earlier index is still searched."


@dataclass(frozen=True)
class Outcome:
    status: str
    error: str
    wait_s: int | None = None  # before the next attempt
    crashes: int = 0


def decide(problem: BaseException, *, attempts: int, crashes: int, has_index: bool) -> Outcome:
    """What becomes of a video whose indexing raised `problem` in its `attempts`-th attempt. Pure."""
    sentence = sentence_of(problem)
    crashed = isinstance(problem, MediaError) and problem.crashed
    crashes += crashed
    if crashes >= MAX_CRASHES:
        return Outcome(Video.Status.QUARANTINED, f"{sentence} It was put aside after {crashes} crashes.", None, crashes)
    if is_permanent(problem) and not crashed:
        return _given_up(sentence, has_index, crashes)
    if attempts >= MAX_ATTEMPTS:
        return _given_up(f"{sentence} It was tried {attempts} times.", has_index, crashes)
    wait_s = backoff_s(attempts)
    return Outcome(Video.Status.UPLOADED, f"{sentence} Trying again in {wait_s} s.", wait_s, crashes)


def backoff_s(attempts: int) -> int:
    """10, 30, 90, 270 seconds.

    >>> backoff_s(3)
    90
    """
    return int(FIRST_WAIT_S * 3 ** (attempts - 1))


def is_permanent(problem: BaseException) -> bool:
    """True where the same file and the same model will fail again."""
    if isinstance(problem, MediaError | EngineError):
        return problem.permanent
    return isinstance(problem, FileNotFoundError)


def sentence_of(problem: BaseException) -> str:
    """What to tell the person."""
    if isinstance(problem, MediaError | EngineError):
        return str(problem)
    if isinstance(problem, FileNotFoundError):
        return "The uploaded file is no longer in storage: upload it again."
    if isinstance(problem, MemoryError):
        return "The worker ran out of memory."
    if isinstance(problem, OSError) and problem.strerror:
        return f"A file could not be read or written ({problem.strerror})."
    return f"Something went wrong inside Seekframe ({type(problem).__name__}); the worker's log has the details."


def stopped(lease: Lease, problem: Exception) -> None:
    """Write what becomes of the video, if the lease is still held."""
    video = lease.held().first()
    if video is None:
        return
    outcome = decide(problem, attempts=video.attempts, crashes=video.crashes, has_index=video.indexed_at is not None)
    log.warning(
        "indexing_stopped",
        extra={"video_id": str(video.pk), "outcome": outcome.status, "attempts": video.attempts},
        exc_info=problem,
    )
    lease.end(
        status=outcome.status,
        error=outcome.error,
        crashes=outcome.crashes,
        stage="",
        not_before=None if outcome.wait_s is None else Now() + timedelta(seconds=outcome.wait_s),
    )


def _given_up(sentence: str, has_index: bool, crashes: int) -> Outcome:
    if has_index:  # a re-index that failed takes nothing away
        return Outcome(Video.Status.READY, f"{sentence} {STILL_SEARCHABLE}", None, crashes)
    return Outcome(Video.Status.FAILED, sentence, None, crashes)


def cancelled(lease: Lease) -> None:
    video = lease.held().first()
    if video is not None:
        status = Video.Status.CANCELLED if video.indexed_at is None else Video.Status.READY
        lease.end(status=status, stage="", error="", cancel_requested=False)
        log.info("indexing_cancelled", extra={"video_id": str(video.pk)})


def handed_back(lease: Lease) -> None:
    """The worker was told to stop: the attempt does not count, and the sweeper rings at once."""
    video = lease.held().first()
    if video is not None:
        lease.end(status=Video.Status.UPLOADED, stage="", attempts=max(0, video.attempts - 1), rung_at=None)
