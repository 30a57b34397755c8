"""What a person asks of tracks: switch them on for a library, stop one, try it again, bring one's own subtitles."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from indexer.models import Library, Track, TrackLine, Video
from indexer.selectors import videos_present
from indexer.tracks import bells
from indexer.tracks.claims import claimable
from indexer.tracks.store import keep
from model_server.tracks.lines import Line

log = logging.getLogger(__name__)

Status = Track.Status
SWITCHES = {Track.Kind.SAID: "hears_speech", Track.Kind.WRITTEN: "reads_text"}
AT_REST = (Status.READY, Status.FAILED, Status.CANCELLED)
UNDER_WAY = (Status.WAITING, Status.WORKING)
FREE: dict[str, Any] = {"lease_token": None, "lease_until": None, "attempts": 0, "error": ""}


def is_on(library: Library, kind: str) -> bool:
    return bool(getattr(library, SWITCHES[Track.Kind(kind)]))


@transaction.atomic
def tracks_switch(*, library: Library, kind: str, on: bool) -> None:
    """On: all its videos wait for a worker, also those that were stopped. Off: what is under way stops at the next
    stretch; what is written stays."""
    field = SWITCHES[Track.Kind(kind)]
    Library.objects.filter(pk=library.pk).update(**{field: on})
    setattr(library, field, on)
    tracks = Track.objects.filter(video__library=library, kind=kind, is_imported=False)
    if on:
        tracks.filter(status=Status.CANCELLED).update(status=Status.WAITING, rung_at=None, **FREE)
        tracks_ensure(library)
        ring_waiting(library)
    else:
        tracks.filter(status__in=UNDER_WAY).update(status=Status.CANCELLED, **FREE)
    log.info("tracks_switched", extra={"library_id": str(library.pk), "kind": kind, "on": on})


def tracks_ensure(library: Library | None = None) -> int:
    """A row for each video that should have a track and has none; how many. The sweeper asks for all libraries."""
    made = 0
    for kind, field in SWITCHES.items():
        has_one = Track.objects.filter(video=OuterRef("pk"), kind=kind)
        lacking = videos_present().filter(~Exists(has_one), status=Video.Status.READY, **{f"library__{field}": True})
        if library is not None:
            lacking = lacking.filter(library=library)
        rows = [Track(video_id=pk, kind=kind) for pk in lacking.values_list("pk", flat=True)]
        made += len(Track.objects.bulk_create(rows, ignore_conflicts=True))
    return made


def ring_waiting(library: Library) -> None:
    """For the first of those that nobody has rung for yet; the sweeper rings for the others."""
    waiting = claimable().filter(video__library=library, rung_at=None).order_by("created_at")
    bells.ring_on_commit(waiting.values_list("pk", flat=True)[: bells.AT_ONCE])


def track_stop(*, track: Track) -> bool:
    """What is written stays. A worker that has it loses its lease. False: there is nothing to stop."""
    under_way = Track.objects.filter(pk=track.pk, status__in=UNDER_WAY)
    return under_way.update(status=Status.CANCELLED, **FREE) == 1


@transaction.atomic
def track_retry(*, track: Track) -> bool:
    """Go on where it stopped. False: it is under way, or there is nothing left to do."""
    resting = Track.objects.filter(pk=track.pk, status__in=(Status.FAILED, Status.CANCELLED), is_imported=False)
    if not resting.update(status=Status.WAITING, rung_at=None, **FREE):
        return False
    bells.ring_on_commit([track.pk])
    return True


def tracks_retry(*, video: Video) -> bool:
    """Those of a video that failed, of kinds that its library has switched on. False: there are none."""
    wanted = [kind for kind in SWITCHES if is_on(video.library, kind)]
    failed = Track.objects.filter(video=video, kind__in=wanted, status=Status.FAILED)
    return sum(track_retry(track=track) for track in failed) > 0


@transaction.atomic
def subtitles_import(*, video: Video, name: str, lines: Sequence[Line], language: str = "") -> Track:
    """A person's own subtitles take the place of what was heard, and no model writes over them."""
    track = Track.objects.select_for_update().filter(video=video, kind=Track.Kind.SAID).first()
    if track is None:
        track = Track(video=video, kind=Track.Kind.SAID)
    else:
        TrackLine.objects.filter(track=track).delete()
    track.status, track.is_imported, track.model, track.language = Status.READY, True, name[:200], language
    track.done_s, track.error, track.attempts, track.lease_token, track.lease_until = 0.0, "", 0, None, None
    track.save()
    keep(track.pk, lines)
    log.info("subtitles_imported", extra={"video_id": str(video.pk), "n_lines": len(lines)})
    return track


@transaction.atomic
def subtitles_remove(*, video: Video) -> bool:
    """Where the library writes down what is said, its worker does so now. False: there were none."""
    found = Track.objects.filter(video=video, kind=Track.Kind.SAID, is_imported=True)
    if not found.delete()[0]:
        return False
    tracks_ensure(video.library)
    ring_waiting(video.library)
    return True
