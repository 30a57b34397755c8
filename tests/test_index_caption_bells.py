"""Who rings for captions, how often, and when nobody does any more."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from indexer import leases, pipeline, services, sweeper
from indexer.models import Video
from tests.captioning import indexed, written
from tests.engines import ColourEngine
from tests.indexing import listen, placeholder_video, without_decoding

Status = Video.Status


@pytest.fixture
def video(library, tmp_path, monkeypatch) -> Video:
    return indexed(library, tmp_path, monkeypatch)


@pytest.mark.django_db(transaction=True)
def test_the_index_rings_for_captions(library, tmp_path, monkeypatch):
    without_decoding(monkeypatch)
    video, rung = placeholder_video(library, tmp_path), listen()
    pipeline.index_video(video.pk, ColourEngine())
    assert rung() == [("write_captions", str(video.pk))]
    assert services.captions_cancel(video=video)
    assert services.captions_start(video=video)
    assert rung() == [("write_captions", str(video.pk))] * 2


@pytest.mark.django_db
def test_the_sweeper_rings_once_for_a_ready_video_without_captions(video):
    Video.objects.update(rung_at=timezone.now(), media_rung_at=timezone.now(), caption_rung_at=None)
    rung = listen()
    sweeper.sweep()
    sweeper.sweep()
    assert rung() == [("write_captions", str(video.pk))]


@pytest.mark.django_db
def test_a_lost_worker_is_rung_for_and_at_last_given_up(video):
    Video.objects.update(rung_at=timezone.now(), media_rung_at=timezone.now(), caption_rung_at=timezone.now())
    assert leases.claim(video.pk, "caption")
    assert not sweeper.side_work_due("caption", sweeper.RING_AGAIN).exists(), "its worker may still live"
    lapsed = timezone.now() - timedelta(seconds=1)
    Video.objects.update(caption_lease_until=lapsed, caption_rung_at=lapsed - timedelta(minutes=2))
    assert sweeper.side_work_due("caption", sweeper.RING_AGAIN).exists()
    Video.objects.update(caption_attempts=leases.MAX_ATTEMPTS)
    sweeper.sweep()
    video.refresh_from_db()
    assert (video.caption_status, video.caption_error) == (Status.FAILED, sweeper.CAPTION_LOST)


@pytest.mark.django_db
def test_nothing_is_captioned_before_there_is_an_index(library, tmp_path):
    video = placeholder_video(library, tmp_path)
    assert leases.claim(video.pk, "caption") is None
    assert not services.captions_start(video=video)
    Video.objects.update(status=Status.READY, indexed_at=F("created_at"))
    assert leases.claim(video.pk, "caption")


@pytest.mark.django_db
def test_once_an_hour_one_video_without_decoder_asks_again(video, library, tmp_path, monkeypatch):
    indexed(library, tmp_path, monkeypatch, "other")
    for one in Video.objects.all():
        written(one, ColourEngine())
    Video.objects.update(rung_at=timezone.now(), media_rung_at=timezone.now(), caption_rung_at=timezone.now())
    rung = listen()
    sweeper.sweep()
    assert rung() == []
    Video.objects.update(caption_rung_at=timezone.now() - timedelta(minutes=61))
    sweeper.sweep()
    sweeper.sweep()
    assert [name for name, _ in rung()] == ["write_captions"]
    for one in Video.objects.all():
        written(one, ColourEngine())
    sweeper.sweep()
    assert len(rung()) == 1, "not for another hour"
