"""A query along one video, for programs: moments and their reasons."""

import csv
import io
from pathlib import Path

import pytest

from indexer import files
from indexer.models import Library, Video
from model_server.frames.reader import probe
from tests.api_world import film
from tests.search_world import AwayEngine, FakeEngine
from tests.test_api import caller
from tests.videos import make_video
from webapp.audit.models import AuditEntry

__all__ = ["film"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch) -> None:
    monkeypatch.setattr("webapp.api.moments.engine", FakeEngine)


def test_moments_are_counted_and_summed(alice, film: Video) -> None:
    found = caller(alice).get(f"/api/v1/videos/{film.pk}/moments", {"q": "a dog", "at_least": 40}).json()
    (moment,) = found["moments"]
    assert (found["n_moments"], found["total_s"]) == (1, moment["end_s"] - moment["start_s"])
    assert moment["start_s"] == pytest.approx(10, abs=2)
    assert caller(alice).get(f"/api/v1/videos/{film.pk}/moments", {"q": "rocket"}).json()["n_moments"] == 0


def test_it_says_why_a_moment_is_a_hit_or_is_none(alice, film: Video) -> None:
    path = f"/api/v1/videos/{film.pk}/why"
    assert caller(alice).get(path, {"q": "dog", "t": 13}).json()["is_hit"]
    assert not caller(alice).get(path, {"q": "boat", "t": 1}).json()["is_hit"]


@pytest.mark.parametrize("tail", ["moments", "moments.csv", "why"])
def test_who_may_not_see_and_what_cannot_be_answered(
    alice, charlie, film: Video, library: Library, monkeypatch, tail: str
) -> None:
    path = f"/api/v1/videos/{film.pk}/{tail}"
    assert caller(charlie).get(path, {"q": "dog"}).status_code == 404
    assert [caller(alice).get(path, asked).status_code for asked in ({}, {"q": ""})] == [422, 422]
    bare = Video.objects.create(library=library, title="waits", original="x", size_bytes=1)
    expected = 409 if tail == "why" else 200
    assert caller(alice).get(f"/api/v1/videos/{bare.pk}/{tail}", {"q": "dog"}).status_code == expected
    monkeypatch.setattr("webapp.api.moments.engine", AwayEngine)
    assert caller(alice).get(path, {"q": "dog"}).status_code == 503


def test_moments_are_files_as_on_the_page(alice, film: Video) -> None:
    path = f"/api/v1/videos/{film.pk}/moments"
    table = caller(alice).get(f"{path}.csv", {"q": "a dog", "at_least": 40})
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(table.content.decode()))
    (moment,) = caller(alice).get(path, {"q": "a dog", "at_least": 40}).json()["moments"]
    assert (float(row["start_s"]), float(row["end_s"])) == (moment["start_s"], moment["end_s"])
    starts = {"vtt": "WEBVTT", "edl": "TITLE: a dog", "fcpxml": "<?xml"}
    for ending, start in starts.items():
        assert caller(alice).get(f"{path}.{ending}", {"q": "a dog"}).content.decode().startswith(start)
    assert caller(alice).get(f"{path}.exe", {"q": "a dog"}).status_code == 422
    assert AuditEntry.objects.filter(kind="exported", person="alice", about__contains="moments.csv of").exists()


def test_a_part_is_cut_out_or_it_says_why_not(alice, charlie, library: Library, tmp_path: Path) -> None:
    video = Video(library=library, title="Beach", size_bytes=1, content_type="video/mp4", status="ready")
    video.original = files.video_key(video.pk, "original")
    files.put(video.original, make_video(tmp_path / "v.mp4", 6, options={"g": "10"}))
    video.save()
    path = f"/api/v1/videos/{video.pk}/clip.mp4"
    answer = caller(alice).get(path, {"start": 2, "end": 4})
    (tmp_path / "clip.mp4").write_bytes(b"".join(answer.streaming_content))
    assert probe(tmp_path / "clip.mp4").duration_s == pytest.approx(2, abs=0.2)
    assert caller(charlie).get(path, {"start": 2, "end": 4}).status_code == 404
    refused = caller(alice).get(path, {"start": 90, "end": 99})
    assert (refused.status_code, refused.json()["detail"]) == (422, "The part asked for lies outside the video.")
    assert caller(alice).get(path, {"start": "nan", "end": 4}).status_code == 422
    files.delete_all(video.pk)
    assert caller(alice).get(path, {"start": 2, "end": 4}).status_code == 404
