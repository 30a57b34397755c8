"""Claims: one conditional update decides who has the work."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from indexer import leases, services
from indexer.leases import LEASE_S, MAX_ATTEMPTS, Cancelled, LeaseLost, claim
from indexer.models import Video
from tests.indexing import lose_worker, placeholder_video

Status = Video.Status


@pytest.fixture
def video(library, tmp_path) -> Video:
    return placeholder_video(library, tmp_path)


@pytest.mark.django_db
def test_a_claim_takes_the_video_for_a_minute(video):
    lease = claim(video.pk, "index")
    video.refresh_from_db()
    assert (video.status, video.lease_token, video.attempts) == (Status.INDEXING, lease.token, 1)
    left = (video.lease_until - timezone.now()).total_seconds()
    assert 0 < left <= LEASE_S
    assert claim(video.pk, "index") is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_race_for_one_video_one_gets_it(video):
    start, got = threading.Barrier(6), []

    def race() -> None:
        try:
            start.wait(30)
            got.append(claim(video.pk, "index"))
        finally:
            connection.close()

    workers = [threading.Thread(target=race) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(got) == 6
    assert sum(lease is not None for lease in got) == 1


@pytest.mark.django_db
def test_a_lost_workers_video_may_be_claimed_again_and_the_lost_one_is_told(video):
    first = claim(video.pk, "index")
    lose_worker(video)
    second = claim(video.pk, "index")
    assert second is not None
    with pytest.raises(LeaseLost):
        first.move(progress=0.5)
    assert first.end(status=Status.FAILED) is False
    second.move(progress=0.25)
    video.refresh_from_db()
    assert (video.status, video.progress, video.attempts) == (Status.INDEXING, 0.25, 2)


@pytest.mark.django_db
def test_a_batch_renews_the_lease(video):
    lease = claim(video.pk, "index")
    Video.objects.filter(pk=video.pk).update(lease_until=timezone.now() + timedelta(seconds=3))
    lease.move()
    video.refresh_from_db()
    assert (video.lease_until - timezone.now()).total_seconds() > 30


@pytest.mark.django_db(transaction=True)
def test_a_thread_renews_the_lease_while_a_batch_takes_long(video, monkeypatch):
    monkeypatch.setattr(leases, "KEEP_S", 0.05)
    lease = claim(video.pk, "index")
    lose_worker(video)
    with leases.kept(lease):
        for _ in range(200):
            video.refresh_from_db()
            if video.lease_until > timezone.now():
                break
            threading.Event().wait(0.05)
    assert video.lease_until > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_the_thread_lets_go_of_a_worker_that_hangs(video, monkeypatch):
    monkeypatch.setattr(leases, "KEEP_S", 0.01)
    monkeypatch.setattr(leases, "STALLED_S", -1)
    lease = claim(video.pk, "index")
    lose_worker(video)
    with leases.kept(lease):
        threading.Event().wait(0.1)
    video.refresh_from_db()
    assert video.lease_until < timezone.now()


@pytest.mark.django_db
def test_a_cancel_is_told_at_the_next_batch(video):
    lease = claim(video.pk, "index")
    assert services.video_cancel(video=video)
    with pytest.raises(Cancelled):
        lease.move()


@pytest.mark.django_db
def test_nothing_is_claimed_before_its_wait_is_over_or_after_its_last_attempt(video):
    Video.objects.filter(pk=video.pk).update(not_before=timezone.now() + timedelta(seconds=30))
    assert claim(video.pk, "index") is None
    Video.objects.filter(pk=video.pk).update(not_before=None, attempts=MAX_ATTEMPTS)
    assert claim(video.pk, "index") is None
    Video.objects.filter(pk=video.pk).update(attempts=MAX_ATTEMPTS - 1)
    assert claim(video.pk, "index") is not None


@pytest.mark.django_db
@pytest.mark.parametrize("status", set(Status) - {Status.UPLOADED, Status.INDEXING})
def test_a_video_at_rest_is_not_claimed(video, status):
    Video.objects.filter(pk=video.pk).update(status=status)
    assert claim(video.pk, "index") is None


@pytest.mark.django_db
def test_index_and_media_are_claimed_apart(video):
    index, media = claim(video.pk, "index"), claim(video.pk, "media")
    assert index is not None
    assert media is not None
    assert media.end(media_status=Status.READY)
    index.move()
    services.video_delete(video=video)
    with pytest.raises(LeaseLost):
        index.renew()
    assert claim(uuid.uuid4(), "media") is None
