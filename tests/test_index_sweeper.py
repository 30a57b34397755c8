"""The sweeper rings for what no doorbell will wake, and for nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from indexer import broker, deletion, leases, pipeline, services, sweeper
from indexer.models import Video
from tests.engines import ColourEngine
from tests.indexing import listen, lose_worker, placeholder_video, without_decoding
from tests.services import start_valkey

Status = Video.Status


@pytest.fixture
def video(library, tmp_path) -> Video:
    """Waiting, its doorbells rung and its media made."""
    made = placeholder_video(library, tmp_path)
    now = timezone.now()
    Video.objects.filter(pk=made.pk).update(rung_at=now, media_rung_at=now, media_status=Status.READY)
    return made


def swept(video: Video) -> list[str]:
    rung = listen()
    sweeper.sweep()
    video.refresh_from_db()
    bells = rung()
    assert all(video_id == str(video.pk) for _, video_id in bells)
    return [task for task, _ in bells]


def ago(**time: float):
    return timezone.now() - timedelta(**time)


@pytest.mark.django_db
def test_a_lost_workers_video_is_rung_for_once_and_indexed(video, monkeypatch):
    without_decoding(monkeypatch)
    leases.claim(video.pk, "index")
    assert swept(video) == [], "its worker may still live"
    lose_worker(video)
    Video.objects.filter(pk=video.pk).update(rung_at=ago(minutes=2))
    assert swept(video) == ["index_video"]
    assert swept(video) == [], "one doorbell is enough: a queue must not grow while it waits"
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert (video.status, video.attempts) == (Status.READY, 0)


def test_a_lost_workers_video_is_picked_up_within_two_minutes(settings):
    beat_s = settings.CELERY_BEAT_SCHEDULE["sweep"]["schedule"]
    assert leases.LEASE_S + beat_s <= 100
    assert leases.KEEP_S * 3 <= leases.LEASE_S, "two renewals may fail before the lease does"


@pytest.mark.django_db
def test_a_wait_that_is_over_is_rung_for(video):
    Video.objects.filter(pk=video.pk).update(rung_at=ago(seconds=60), not_before=ago(seconds=-60))
    assert swept(video) == []
    Video.objects.filter(pk=video.pk).update(not_before=ago(seconds=1))
    assert swept(video) == ["index_video"]


@pytest.mark.django_db
def test_a_message_that_was_lost_is_sent_again(video):
    assert swept(video) == []
    Video.objects.filter(pk=video.pk).update(rung_at=ago(minutes=11))
    assert swept(video) == ["index_video"]
    Video.objects.filter(pk=video.pk).update(rung_at=None)
    assert swept(video) == ["index_video"], "a broker that was down at the upload"


@pytest.mark.django_db
def test_a_message_that_a_worker_took_in_vain_is_sent_again_once_the_queue_is_empty(video, monkeypatch):
    """It could not reach the database, say, or was lost with its process before the claim."""
    monkeypatch.setattr(broker, "uptime", lambda: timedelta(hours=1))  # the tests' own may have begun just now
    Video.objects.filter(pk=video.pk).update(rung_at=ago(seconds=20))
    assert swept(video) == [], "a worker may be loading its model"
    Video.objects.filter(pk=video.pk).update(rung_at=ago(seconds=40))
    rung = listen()
    sweeper.sweep()
    sweeper.sweep()
    Video.objects.filter(pk=video.pk).update(rung_at=ago(seconds=40))
    sweeper.sweep()
    assert rung() == [("index_video", str(video.pk))], "its message waits: another would make the queue longer"


@pytest.fixture
def young_broker() -> Iterator[str]:
    """The address of one that began this moment, as after a kill."""
    process, address = start_valkey()
    yield address
    process.terminate()
    process.wait(20)


@pytest.mark.django_db
def test_what_a_killed_broker_took_along_is_sent_again_at_once(video, settings, young_broker):
    Video.objects.filter(pk=video.pk).update(rung_at=ago(minutes=1))
    rung = listen()
    settings.REDIS_URL = young_broker  # Celery sends to the older one still, where the test listens
    sweeper.sweep()
    assert rung() == [("index_video", str(video.pk))]


@pytest.mark.django_db
def test_a_video_that_takes_its_worker_with_it_every_time_fails_with_a_sentence(video):
    Video.objects.filter(pk=video.pk).update(attempts=leases.MAX_ATTEMPTS - 1)
    leases.claim(video.pk, "index")
    lose_worker(video)
    assert swept(video) == []
    assert (video.status, video.error, video.lease_token) == (Status.FAILED, sweeper.WORKER_LOST, None)


@pytest.mark.django_db
def test_a_cancel_that_no_worker_lived_to_see_is_settled(video):
    leases.claim(video.pk, "index")
    services.video_cancel(video=video)
    lose_worker(video)
    assert swept(video) == []
    assert (video.status, video.cancel_requested) == (Status.CANCELLED, False)


@pytest.mark.django_db
def test_media_is_rung_for_when_its_worker_was_lost(video):
    Video.objects.filter(pk=video.pk).update(
        status=Status.READY, media_status=Status.INDEXING, media_lease_until=ago(seconds=1), media_rung_at=ago(hours=1)
    )
    assert swept(video) == ["make_media"]
    assert swept(video) == []


@pytest.mark.django_db
def test_a_deletion_that_was_killed_is_finished(video):
    services.video_delete(video=video)
    assert swept(video) == ["delete_video"]
    deletion.delete_video(video.pk)
    assert not Video.objects.filter(pk=video.pk).exists()


@pytest.mark.django_db
def test_a_video_at_rest_is_left_in_peace(video):
    for status in (Status.READY, Status.FAILED, Status.CANCELLED, Status.QUARANTINED):
        Video.objects.filter(pk=video.pk).update(status=status, rung_at=None)
        assert swept(video) == []
