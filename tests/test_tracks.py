"""What is said, stretch by stretch: killed anywhere, stopped, failed, tried again, and gone with the video."""

from datetime import timedelta

import pytest
from django.utils import timezone

from indexer import deletion, leases, services, sweeper
from indexer.models import Library, Track, TrackLine, Video
from indexer.tracks import bells, claims, engines, stretches, work
from indexer.tracks import services as tracks
from model_server.frames.errors import MediaError
from model_server.tracks.extras import NotInstalled
from tests.indexing import in_a_process, listen
from tests.track_world import add_lines, film, talk, texts

Status = Track.Status
ALL = [f"number {s}" for s in range(0, 60, 4)]


@pytest.fixture
def spoken(library: Library, monkeypatch, tmp_path) -> tuple[Video, Track]:
    """A minute, in a library that is listened to."""
    video, _ = talk(library, monkeypatch, tmp_path)
    tracks.tracks_switch(library=library, kind="said", on=True)
    return video, Track.objects.get()


def run_out(track: Track) -> None:
    """The worker that has it is gone, and its lease has run out."""
    Track.objects.filter(pk=track.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_nothing_is_listened_to_until_somebody_switches_it_on(library, monkeypatch, tmp_path):
    video, _ = talk(library, monkeypatch, tmp_path)
    sweeper.sweep()
    assert not Track.objects.exists()
    tracks.tracks_switch(library=library, kind="said", on=True)
    (track,) = Track.objects.all()
    assert (track.video_id, track.kind, track.status) == (video.pk, "said", Status.WAITING)


@pytest.mark.django_db
def test_it_writes_every_line_at_its_second(spoken):
    video, track = spoken
    work.write_track(track.pk)
    track.refresh_from_db()
    assert (track.status, track.done_s, track.model, track.language) == (Status.READY, 60, "counting", "en")
    assert (track.lease_token, track.attempts, track.error) == (None, 0, "")
    assert texts(video) == ALL
    assert [line.start_s for line in track.lines.all()] == list(range(0, 60, 4))


@pytest.mark.django_db(transaction=True)
def test_it_may_be_killed_at_any_line_and_run_again(spoken):
    """Every line, one after the other, each on what the last kill left."""
    video, track = spoken
    story = (work.run, work._to_the_end, work.store, stretches._heard)
    partly = False
    for line in range(200):
        Track.objects.filter(pk=track.pk).update(attempts=0)
        died = in_a_process(lambda: work.write_track(track.pk), story, line)
        track.refresh_from_db()
        n = len(texts(video))
        assert texts(video) == ALL[:n], f"after line {line}"
        assert TrackLine.objects.filter(words=None).count() == 0
        partly = partly or 0 < n < len(ALL)
        if not died:
            break
        run_out(track)
    assert partly, "stretches are stored one by one"
    assert (track.status, texts(video)) == (Status.READY, ALL)


@pytest.mark.django_db
def test_after_a_stop_only_what_is_missing_is_heard(spoken, monkeypatch):
    video, track = spoken
    real = work.store

    def stopped(lease, stretch):
        real(lease, stretch)
        raise SystemExit

    monkeypatch.setattr(work, "store", stopped)
    with pytest.raises(SystemExit):
        work.write_track(track.pk)
    track.refresh_from_db()
    assert (track.status, track.attempts, 0 < track.done_s < 60) == (Status.WAITING, 0, True)
    monkeypatch.setattr(work, "store", real)
    before, listener = track.done_s, engines.speech()
    listener.heard_s = 0
    work.write_track(track.pk)
    assert texts(video) == ALL
    assert listener.heard_s <= 60 - before + 2 * 20, "what is done is not heard again, but for a line a stretch"


@pytest.mark.django_db
def test_two_workers_do_not_take_one_track(spoken):
    _, track = spoken
    first = claims.claim(track.pk)
    assert first is not None
    assert claims.claim(track.pk) is None
    run_out(track)
    assert claims.claim(track.pk) is not None
    with pytest.raises(leases.LeaseLost):
        first.renew()


@pytest.mark.django_db
def test_switched_off_it_stops_at_the_next_stretch_and_keeps_its_lines(spoken, library, monkeypatch):
    video, track = spoken
    real = work.store

    def then_off(lease, stretch):
        real(lease, stretch)
        tracks.tracks_switch(library=library, kind="said", on=False)

    monkeypatch.setattr(work, "store", then_off)
    work.write_track(track.pk)
    track.refresh_from_db()
    assert track.status == Status.CANCELLED
    kept = texts(video)
    assert kept == ALL[: len(kept)] != []
    assert kept != ALL
    monkeypatch.setattr(work, "store", real)
    tracks.tracks_switch(library=library, kind="said", on=True)
    work.write_track(track.pk)
    assert texts(video) == ALL


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (MediaError("The sound is stored as xyz, which is not read here.", permanent=True), Status.FAILED),
        (MediaError("The decoder crashed.", permanent=False, crashed=True), Status.WAITING),
        (NotInstalled("This needs faster-whisper."), Status.WAITING),
    ],
)
def test_why_it_stopped_is_told(spoken, monkeypatch, problem, status):
    _, track = spoken

    def fails(source, start_s, end_s):
        raise problem

    monkeypatch.setattr(stretches, "read_sound", fails)
    work.write_track(track.pk)
    track.refresh_from_db()
    assert (track.status, track.error) == (status, str(problem))
    assert claims.claim(track.pk) is None, "it waits, or has failed"
    assert tracks.track_retry(track=track) is (status == Status.FAILED)


@pytest.mark.django_db
def test_a_worker_that_is_lost_every_time_is_given_up(spoken):
    _, track = spoken
    for _ in range(leases.MAX_ATTEMPTS):
        assert claims.claim(track.pk)
        run_out(track)
    sweeper.sweep()
    track.refresh_from_db()
    assert (track.status, "memory" in track.error) == (Status.FAILED, True)
    assert tracks.track_retry(track=track)
    assert claims.claim(track.pk)


@pytest.mark.django_db
def test_the_sweeper_rings_for_new_videos_and_lost_workers(spoken, library):
    _, track = spoken
    rung = listen()
    later = film(library, "Later")
    sweeper.sweep()
    new = Track.objects.get(video=later)
    assert {bell for bell in rung() if bell[0] == "write_track"} >= {("write_track", str(new.pk))}
    claims.claim(track.pk)
    run_out(track)
    Track.objects.update(rung_at=timezone.now() - timedelta(minutes=2))
    Track.objects.filter(pk=new.pk).update(rung_at=timezone.now())
    rung = listen()
    sweeper.sweep()
    assert [bell for bell in rung() if bell[0] == "write_track"] == [("write_track", str(track.pk))]
    rung = listen()
    sweeper.sweep()
    assert [bell for bell in rung() if bell[0] == "write_track"] == [], "once, not each time"


@pytest.mark.django_db
def test_messages_that_nobody_takes_do_not_pile_up(spoken, monkeypatch):
    _, track = spoken
    rung = listen()
    for _ in range(bells.AT_ONCE + 5):
        bells.ring(track.pk)
    assert len(rung()) == bells.AT_ONCE


@pytest.mark.django_db
def test_the_trash_stops_it_and_a_restored_video_goes_on(spoken):
    video, track = spoken
    lease = claims.claim(track.pk)
    assert lease is not None
    services.video_trash(video=video)
    with pytest.raises(leases.LeaseLost):
        lease.renew()
    run_out(track)
    assert claims.claim(track.pk) is None
    services.video_restore(video=Video.objects.get())
    work.write_track(track.pk)
    assert texts(video) == ALL


@pytest.mark.django_db
def test_lines_are_deleted_with_the_video(library):
    video = film(library)
    add_lines(video, (0, 2, "hello"))
    services.video_delete(video=video)
    deletion.delete_video(video.pk)
    assert not Track.objects.exists()
    assert not TrackLine.objects.exists()
