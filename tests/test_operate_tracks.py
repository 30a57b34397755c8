"""The operator's page and what is said and written: its failures stand beside the others, and are tried again."""

from pathlib import Path

import pytest
from django.test import Client

from indexer import failures, leases
from indexer.models import Library, Track, Video
from indexer.services import video_trash
from indexer.tracks import claims
from indexer.tracks.sweep import LOST, give_up
from tests.indexing import listen
from tests.search_world import stored_space
from tests.test_operate import _apart, failed, operator, text
from tests.track_world import film

__all__ = ["_apart", "operator"]
pytestmark = pytest.mark.django_db
Status = Track.Status
DAMAGED = "The sound is stored as xyz, which is not read here."


@pytest.fixture
def spoken(library: Library) -> Video:
    """A ready video of a library where both switches are on."""
    Library.objects.filter(pk=library.pk).update(hears_speech=True, reads_text=True)
    stored_space()
    return film(library, "Speech")


def broken(video: Video, kind: str = "said", error: str = DAMAGED, attempts: int = 1) -> Track:
    return Track.objects.create(video=video, kind=kind, status=Status.FAILED, error=error, attempts=attempts)


def test_a_track_that_failed_is_shown_with_its_sentence(operator: Client, spoken: Video) -> None:
    assert "Nothing has failed." in text(operator.get("/operate"))
    broken(spoken)
    broken(spoken, "written", LOST, leases.MAX_ATTEMPTS)
    page = text(operator.get("/operate"))
    assert f"What is said: {DAMAGED}" in page
    assert f"What is written: {LOST}" in page
    assert f'id="retry-what-is-said-{spoken.pk}"' in page
    assert "Retry all that may pass (1)" in page
    found = failures.failures_of(failures.failed_videos())
    assert [(f.part, f.may_pass) for f in found] == [("What is said", False), ("What is written", True)]


def test_what_nobody_misses_is_no_failure(operator: Client, spoken: Video, library: Library) -> None:
    track = broken(spoken, attempts=leases.MAX_ATTEMPTS)
    for status in (Status.WAITING, Status.WORKING, Status.READY, Status.CANCELLED):
        Track.objects.update(status=status)
        assert not failures.failed_videos().exists(), status
    Track.objects.update(status=Status.FAILED)
    Library.objects.filter(pk=library.pk).update(hears_speech=False)
    assert "Nothing has failed." in text(operator.get("/operate"))
    operator.post("/operate/retry")
    operator.post(f"/operate/retry/{spoken.pk}")
    track.refresh_from_db()
    assert track.status == Status.FAILED
    Library.objects.filter(pk=library.pk).update(hears_speech=True)
    video_trash(video=spoken)
    assert not failures.failed_videos().exists()
    assert not failures.that_may_pass().exists()


@pytest.mark.django_db(transaction=True)
def test_retry_takes_up_what_failed_of_one_video_and_nothing_else(
    operator: Client, spoken: Video, library: Library
) -> None:
    said, other = broken(spoken), broken(film(library, "Other"))
    done = Track.objects.create(video=spoken, kind="written", status=Status.READY)
    rung = listen()
    assert "Speech is tried again" in text(operator.post(f"/operate/retry/{spoken.pk}", follow=True))
    assert [bell for bell in rung() if bell[0] == "write_track"] == [("write_track", str(said.pk))]
    for track in (said, other, done):
        track.refresh_from_db()
    assert (said.status, said.attempts, said.error) == (Status.WAITING, 0, "")
    assert (other.status, done.status) == (Status.FAILED, Status.READY)
    spoken.refresh_from_db()
    assert spoken.status == Video.Status.READY
    assert claims.claim(said.pk)
    assert "already under way" in text(operator.post(f"/operate/retry/{spoken.pk}", follow=True))


def test_retry_all_takes_workers_that_were_lost_and_leaves_what_cannot_pass(
    operator: Client, spoken: Video, library: Library, tmp_path: Path
) -> None:
    lost = Track.objects.create(video=spoken, kind="said")
    for _ in range(leases.MAX_ATTEMPTS):
        assert claims.claim(lost.pk)
        Track.objects.filter(pk=lost.pk).update(lease_until="2020-01-01T00:00Z")
    give_up()
    damaged = broken(film(library, "Damaged"))
    failed(library, tmp_path, "passing", attempts=leases.MAX_ATTEMPTS)
    assert "Retry all that may pass (2)" in text(operator.get("/operate"))
    assert "2 videos taken up again" in text(operator.post("/operate/retry", follow=True))
    lost.refresh_from_db()
    damaged.refresh_from_db()
    assert (lost.status, damaged.status) == (Status.WAITING, Status.FAILED)
    assert Video.objects.get(title="passing").status == Video.Status.UPLOADED
