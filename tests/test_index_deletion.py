"""Deleting a video deletes all of it, at once for people and in the end on the disk."""

import os
import time
import uuid
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from indexer import deletion, files, pipeline, playable, selectors, services
from indexer.models import Anchor, Caption, Library, Segment, Stream, Video
from tests.engines import ColourEngine
from tests.indexing import in_a_process, listen, placeholder_video, rows_of, stored_video, without_decoding


def ready_video(library: Library, tmp_path: Path, title: str = "clip") -> Video:
    """Indexed, captioned, and with files of every kind."""
    video = placeholder_video(library, tmp_path, title)
    pipeline.index_video(video.pk, ColourEngine())
    for name in ("poster.webp", "proxy.mp4", "storyboard/000.webp", "frames/12.jpg"):
        files.put(files.video_key(video.pk, name), Path(__file__))
    segment = Segment.objects.filter(video=video).first()
    Caption.objects.create(video=video, space=segment.space, start_s=0, end_s=4, text="a", agreement=0.5)
    return video


@pytest.mark.django_db
def test_a_deleted_video_is_gone_for_everyone_at_once(alice, library, tmp_path, monkeypatch):
    without_decoding(monkeypatch)
    video = ready_video(library, tmp_path)
    services.video_delete(video=video)
    assert not selectors.videos_visible_to(alice).exists()
    assert not Anchor.objects.exists()
    assert not Segment.objects.exists()
    assert selectors.same_file(library, video.sha256) is None


@pytest.mark.django_db
def test_the_job_leaves_no_row_and_no_file_and_touches_no_other_video(library, tmp_path, monkeypatch):
    without_decoding(monkeypatch)
    video, other = ready_video(library, tmp_path), ready_video(library, tmp_path, "other")
    kept = rows_of(other)
    services.video_delete(video=video)
    deletion.delete_video(video.pk)
    assert files.stored_video_ids() == [other.pk]
    assert not any(model.objects.filter(video_id=video.pk).exists() for model in (Stream, Segment, Anchor, Caption))
    assert list(Video.objects.all()) == [other]
    assert rows_of(other) == kept
    deletion.delete_video(video.pk)  # a second doorbell


@pytest.mark.django_db
def test_a_video_that_nobody_deleted_is_not_deleted_by_a_stray_message(library, tmp_path):
    video = placeholder_video(library, tmp_path)
    deletion.delete_video(video.pk)
    assert Video.objects.filter(pk=video.pk).exists()
    assert files.stored_video_ids() == [video.pk]


@pytest.mark.django_db(transaction=True)
def test_the_job_may_be_killed_at_any_line_and_run_again(library, tmp_path, monkeypatch):
    without_decoding(monkeypatch)
    for line in range(100):
        video = ready_video(library, tmp_path)
        services.video_delete(video=video)
        died = in_a_process(
            lambda v=video: deletion.delete_video(v.pk), (deletion.delete_video, files._delete_under), line * 8
        )
        has_row, has_files = Video.objects.filter(pk=video.pk).exists(), video.pk in files.stored_video_ids()
        assert has_row or not has_files, "files without a row are files that nobody comes back for"
        if not died:
            break
        deletion.delete_video(video.pk)
        assert not Video.objects.filter(pk=video.pk).exists()
        assert files.stored_video_ids() == []
    assert line > 2


@pytest.mark.django_db
def test_files_made_while_the_video_was_deleted_go_too(library, tmp_path, monkeypatch):
    video = stored_video(library, tmp_path)

    def deleted_meanwhile(*args: object, **kwargs: object) -> str:
        services.video_delete(video=video)
        deletion.delete_video(video.pk)
        files.put(files.video_key(video.pk, "poster.webp"), Path(__file__))
        return "poster.webp"

    monkeypatch.setattr(playable, "_poster", deleted_meanwhile)
    playable.make_media(video.pk)
    assert files.stored_video_ids() == []


@pytest.mark.django_db
def test_old_files_without_a_video_are_swept_and_young_ones_are_not(library, tmp_path):
    video = placeholder_video(library, tmp_path)
    old, young = uuid.uuid4(), uuid.uuid4()
    for stray in (old, young):
        files.put(files.video_key(stray, "original"), Path(__file__))
    two_days_ago = time.time() - 2 * 86400
    for known in (old, video.pk):
        os.utime(default_storage.path(files.video_key(known, "original")), (two_days_ago, two_days_ago))
    assert deletion.orphans_delete() == [old]
    assert set(files.stored_video_ids()) == {young, video.pk}


@pytest.mark.django_db(transaction=True)
def test_deleting_rings_the_job(library, tmp_path):
    video, rung = placeholder_video(library, tmp_path), listen()
    services.video_delete(video=video)
    assert rung() == [("delete_video", str(video.pk))]
