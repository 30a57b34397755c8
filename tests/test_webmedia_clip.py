"""A moment as a file to download, for those who may see its video."""

from pathlib import Path

import pytest
from django.test import Client

from indexer import files
from indexer.models import Library, Video
from model_server.frames.reader import probe
from tests.videos import make_video

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(library: Library, tmp_path: Path) -> Video:
    made = Video(library=library, title="Beach day", size_bytes=1, content_type="video/mp4", status="ready")
    made.original = files.video_key(made.pk, "original")
    files.put(made.original, make_video(tmp_path / "v.mp4", 6, options={"g": "10"}))
    made.save()
    return made


def test_a_moment_is_a_file_of_its_own(as_alice, video: Video, tmp_path: Path) -> None:
    answer = as_alice.get(f"/media/{video.pk}/clip.mp4?start=2&end=4.5")
    assert answer["Content-Disposition"] == 'attachment; filename="beach-day-2s.mp4"'
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"".join(answer.streaming_content))
    assert probe(clip).duration_s == pytest.approx(2.5, abs=0.2)


@pytest.mark.parametrize("part", ["", "start=2", "start=x&end=4", "start=-1&end=4", "start=4&end=4", "start=90&end=99"])
def test_what_is_no_part_is_refused_with_a_sentence(as_alice, video: Video, part: str) -> None:
    answer = as_alice.get(f"/media/{video.pk}/clip.mp4?{part}")
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_a_stranger_gets_nothing(charlie, video: Video) -> None:
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(f"/media/{video.pk}/clip.mp4?start=2&end=4").status_code == 404


def test_a_file_that_is_gone_is_said_to_be(as_alice, video: Video) -> None:
    files.delete_all(video.pk)
    assert as_alice.get(f"/media/{video.pk}/clip.mp4?start=2&end=4").status_code == 404
