"""A track, stretch by stretch,. Killed at any line and run again, it goes on after the last stretch."""

import logging
import time
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from indexer import files, leases
from indexer.models import Track, TrackLine
from indexer.outcomes import backoff_s, is_permanent, sentence_of
from indexer.tracks import bells, claims
from indexer.tracks.claims import TrackLease
from indexer.tracks.store import keep
from indexer.tracks.stretches import Stretch, next_stretch
from model_server.frames.reader import probe
from model_server.tracks.extras import NotInstalled

log = logging.getLogger(__name__)

Status = Track.Status
TURN_S = 300.0  # then other videos of the queue have their turn
ASK_AGAIN = timedelta(hours=1)  # whether the library is installed by now


def write_track(track_id: int) -> None:
    """Claim a track and write its lines; every end is written to its row."""
    lease = claims.claim(track_id)
    if lease is None:
        return  # another worker has it, it was stopped, or the doorbell rang twice
    with leases.kept(lease):
        try:
            run(lease)
        except leases.LeaseLost:
            log.info("lease_lost", extra={"track_id": track_id})
        except NotInstalled as problem:
            lease.end(status=Status.WAITING, error=str(problem), attempts=0, lease_until=Now() + ASK_AGAIN)
        except Exception as problem:  # noqa: BLE001 - logged with its trace where it becomes the outcome
            _stopped(lease, problem)
        except BaseException:
            lease.end(
                status=Status.WAITING, attempts=Greatest(F("attempts") - 1, 0), rung_at=None
            )  # told to stop: no attempt
            raise


def run(lease: TrackLease) -> None:
    track, started = Track.objects.select_related("video").get(pk=lease.track_id), time.monotonic()
    with files.local_path(track.video.original) as source:
        if not _to_the_end(lease, track, source, started):
            return
    if lease.end(status=Status.READY, error="", attempts=0):
        log.info("track_written", extra={"video_id": str(lease.video_id), "kind": track.kind})


def _to_the_end(lease: TrackLease, track: Track, source: Path, started: float) -> bool:
    """False: its turn is over before it is."""
    facts = probe(source)
    while track.done_s < facts.duration_s:
        if time.monotonic() - started > TURN_S:
            if lease.end(status=Status.WAITING, attempts=0):
                bells.ring(track.pk)
            return False
        stretch = next_stretch(track, source, facts)
        store(lease, stretch)
        track.done_s, track.language = stretch.done_s, stretch.language
    return True


@transaction.atomic
def store(lease: TrackLease, stretch: Stretch) -> None:
    """A stretch with its full text and how far it goes, or LeaseLost and nothing."""
    if not lease.held().select_for_update().exists():
        raise leases.LeaseLost
    TrackLine.objects.filter(pk__in=stretch.instead_of).delete()
    keep(lease.track_id, stretch.lines)
    lease.renew(done_s=stretch.done_s, model=stretch.model, language=stretch.language, attempts=0, error="")


def _stopped(lease: TrackLease, problem: Exception) -> None:
    track = lease.held().first()
    if track is None:
        return
    log.warning("track_stopped", extra={"video_id": str(lease.video_id), "kind": track.kind}, exc_info=problem)
    if is_permanent(problem) or track.attempts >= leases.MAX_ATTEMPTS:
        lease.end(status=Status.FAILED, error=sentence_of(problem))
        return
    wait = timedelta(seconds=backoff_s(track.attempts))
    lease.end(status=Status.WAITING, error=sentence_of(problem), lease_until=Now() + wait)
