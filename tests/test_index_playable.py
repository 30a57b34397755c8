"""The browser's files: made by the real makers, claimed, retried and given up like indexing."""

import pytest
from django.core.files.storage import default_storage

from indexer import playable, services
from indexer.models import Video
from model_server.frames.errors import MediaError
from tests.indexing import listen, placeholder_video, stored_video
from tests.videos import make_video

Status = Video.Status


def made(video: Video) -> Video:
    playable.make_media(video.pk)
    video.refresh_from_db()
    return video


@pytest.mark.django_db
def test_it_makes_poster_storyboard_and_a_proxy_where_the_original_does_not_play(library, tmp_path):
    path = make_video(tmp_path / "old.avi", 2, codec="mpeg4")
    video = made(services.video_import(library=library, uploaded_by=None, title="old", path=path))
    assert (video.media_status, video.media_error, video.media_lease_token) == (Status.READY, "", None)
    keys = [video.poster, video.proxy, *video.storyboard["sprites"]]
    assert all(key.startswith(f"videos/{video.pk}/") and default_storage.size(key) > 0 for key in keys)
    assert video.storyboard["n_tiles"] > 1
    with default_storage.open(video.proxy) as proxy:
        assert proxy.read(8)[4:] == b"ftyp"


@pytest.mark.django_db
def test_it_makes_no_proxy_where_the_original_plays(library, tmp_path, monkeypatch):
    monkeypatch.setattr(playable, "_poster", lambda *args: "")
    monkeypatch.setattr(playable, "_storyboard", lambda *args: {})
    video = made(stored_video(library, tmp_path))
    assert (video.media_status, video.proxy) == (Status.READY, "")


@pytest.mark.django_db
def test_a_file_that_is_no_video_gets_no_second_try(library, tmp_path):
    video = made(placeholder_video(library, tmp_path))
    assert (video.media_status, video.media_attempts) == (Status.FAILED, 1)
    assert video.media_error.endswith(".")
    assert video.status == Status.UPLOADED, "indexing says so by itself"


@pytest.mark.django_db
def test_what_may_pass_is_tried_again_later_and_not_for_ever(library, tmp_path, monkeypatch):
    def too_busy(path):
        raise MediaError("The machine is busy.", permanent=False)

    monkeypatch.setattr(playable, "probe", too_busy)
    video = placeholder_video(library, tmp_path)
    for attempt in range(1, playable.MAX_MEDIA_ATTEMPTS):
        assert (made(video).media_status, video.media_attempts) == (Status.UPLOADED, attempt)
        assert made(video).media_attempts == attempt, "not before the wait is over"
        Video.objects.filter(pk=video.pk).update(media_lease_until=None)
    assert (made(video).media_status, video.media_error) == (Status.FAILED, "The machine is busy.")


@pytest.mark.django_db
def test_a_file_that_was_not_made_is_not_shown(library, tmp_path, monkeypatch):
    monkeypatch.setattr(playable, "make_poster", lambda source, target: None)
    video = made(stored_video(library, tmp_path))
    assert (video.media_status, video.poster) == (Status.UPLOADED, "")


@pytest.mark.django_db
def test_a_worker_that_is_told_to_stop_hands_the_work_back(library, tmp_path, monkeypatch):
    def told_to_stop(path):
        raise SystemExit

    monkeypatch.setattr(playable, "probe", told_to_stop)
    video = placeholder_video(library, tmp_path)
    with pytest.raises(SystemExit):
        made(video)
    video.refresh_from_db()
    assert (video.media_status, video.media_lease_token) == (Status.UPLOADED, None)


@pytest.mark.django_db(transaction=True)
def test_a_reindex_makes_failed_media_again(library, tmp_path):
    video = made(placeholder_video(library, tmp_path))
    Video.objects.filter(pk=video.pk).update(status=Status.FAILED)
    rung = listen()
    assert services.video_reindex(video=video)
    assert rung() == [("index_video", str(video.pk)), ("make_media", str(video.pk))]
    video.refresh_from_db()
    assert (video.media_status, video.media_attempts) == (Status.UPLOADED, 0)
