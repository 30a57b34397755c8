"""`seekframe sources`, `files`, `change` and `trash`: what brings videos in, and many of them changed at once."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from indexer.models import Library, Video
from seekframe_client import command, command_change
from tests.api_world import address, film
from tests.indexing import placeholder_video
from tests.sources import taken, watched_folder, write
from tests.test_client_command import run
from tests.tus_client import VIDEO
from webapp.sources.models import Source, SourceItem

__all__ = ["address", "film", "run"]
pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2024, 7, 20, 12, tzinfo=UTC)
NOBODY = str(UUID(int=0))


@pytest.fixture
def films(library: Library, tmp_path: Path) -> list[Video]:
    made = [placeholder_video(library, tmp_path, f"GOPR{i} boat") for i in range(3)]
    Video.objects.filter(pk=made[0].pk).update(recorded_at=NOON)
    return made


def test_a_folder_is_watched_and_its_files_are_told_of(run, library: Library, settings, tmp_path: Path) -> None:
    inbox = watched_folder(settings, tmp_path)
    write(inbox / "lake.mp4", VIDEO)
    write(inbox / "notes.mp4", b"#EXTM3U\n" * 1000)
    status, out, _ = run("sources", "--add", str(inbox), "--library", library.name)
    source = Source.objects.get()
    counts = "0 in, 0 to come, 0 refused"
    assert (status, out) == (0, f"{source.pk}  folder   {inbox}  {counts}  Waits for a worker\n")
    taken(source)
    assert "  1 in, 0 to come, 1 refused  " in run("sources")[1]
    lake, notes = SourceItem.objects.get(key="lake.mp4"), SourceItem.objects.get(key="notes.mp4")
    video = Video.objects.get()
    assert f"{lake.pk}  fetched    lake.mp4  Brought in  video {video.pk}\n" in run("files", str(source.pk))[1]
    refused = run("files", str(source.pk), "--status", "refused")[1]
    assert (refused.count("\n"), refused.startswith(f"{notes.pk}  refused    notes.mp4  ")) == (1, True)
    again = run("files", str(source.pk), "--retry", str(notes.pk), "--json")
    assert json.loads(again[1])[0]["status"] == "waiting"
    assert run("files", str(source.pk), "--cancel", str(notes.pk))[1].startswith(f"{notes.pk}  cancelled  notes.mp4")
    assert run("files", str(source.pk), "--cancel", str(notes.pk))[2].startswith("There is nothing to cancel")
    assert run("sources", "--remove", str(source.pk))[:2] == (0, "Removed.\n")
    assert (run("sources"), Video.objects.count()) == ((0, "", ""), 1)


def test_a_source_is_paused_resumed_and_looked_at(run, library: Library) -> None:
    made = json.loads(run("sources", "--add", "https://example.org/film.mp4", "--json")[1])[0]
    assert run("sources", "--pause", made["id"])[1].endswith("  Paused\n")
    assert Source.objects.get().paused
    assert run("sources", "--resume", made["id"])[1].endswith("  Waits for a worker\n")
    assert run("sources", "--look", made["id"])[:2] == (0, "A worker is asked to look.\n")
    assert run("files", made["id"]) == (0, "", "")


def test_each_kind_of_place_is_added(run, library: Library, settings, tmp_path: Path) -> None:
    folder = watched_folder(settings, tmp_path)
    settings.WATCH_ROOTS += ("s3://films/new",)
    for place in (str(folder), "s3://films/new/today", "https://example.org/film.mp4"):
        assert run("sources", "--add", place)[0] == 0, place
    added = [line.split()[1:3] for line in run("sources")[1].splitlines()]
    assert [kind for kind, _ in added] == ["folder", "bucket", "address"]
    assert added[1][1] == "s3://films/new/today"
    assert run("sources", "--add", str(folder))[2] == "This library has this source already.\n"


def test_a_place_that_may_not_be_watched_is_refused(run, library: Library, settings, tmp_path: Path) -> None:
    assert "WATCH_ROOTS" in run("sources", "--add", "/etc")[2]
    watched_folder(settings, tmp_path)
    status, out, err = run("sources", "--add", "/etc")
    assert (status, out, "may be watched" in err) == (2, "", True)
    assert run("sources", "--add", "s3://films/new")[0] == 2
    assert "'x' is not a source's id: `seekframe sources`" in run("sources", "--pause", "x")[2]
    assert run("files", NOBODY)[2] == "There is nothing here, or you may not see it.\n"


def test_many_videos_are_tagged_at_once(run, library: Library, films: list[Video]) -> None:
    keys = [str(video.pk) for video in films]
    assert run("change", *keys, "--tag", "beach") == (0, "3 videos changed\n", "")
    assert library.tags.get().videos.count() == 3
    status, out, _ = run("change", keys[0], NOBODY, "--tag", "beach")
    reasons = (f"{keys[0]}  left as it was: tagged so already", f"{NOBODY}  left as it was: no longer here")
    assert (status, out.splitlines()) == (1, ["0 videos changed", *reasons])
    assert run("change", *keys, "--untag", "beach", "--library", library.name)[1] == "3 videos changed\n"
    said = json.loads(run("change", *keys, "--titles", "GOPR", "GoPro ", "--json")[1])
    assert (said["changed"], said["left"]) == (keys, [])
    assert [film.title for film in Video.objects.order_by("title")] == [f"GoPro {i} boat" for i in range(3)]


def test_dates_are_shifted_set_and_cleared(run, films: list[Video]) -> None:
    keys = [str(video.pk) for video in films]
    status, out, _ = run("change", *keys, "--shift", "-3600")
    assert (status, out.splitlines()[0], out.count("no date to shift")) == (0, "1 video changed", 2)
    assert Video.objects.get(pk=keys[0]).recorded_at == NOON.replace(hour=11)
    assert run("change", *keys, "--recorded", "2024-07-20T14:00+02:00")[1] == "3 videos changed\n"
    assert set(Video.objects.values_list("recorded_at", flat=True)) == {NOON}
    here = datetime(2024, 7, 20, 15, 30).astimezone()
    assert run("change", keys[0], "--recorded", "2024-07-20T15:30")[0] == 0
    assert Video.objects.get(pk=keys[0]).recorded_at == here
    assert run("change", *keys, "--undated")[0] == 0
    assert not Video.objects.exclude(recorded_at=None).exists()


def test_videos_are_taken_as_another_command_lists_them(run, films: list[Video], monkeypatch) -> None:
    """More than one call takes, in as many calls as are needed."""
    monkeypatch.setattr(command_change, "AT_ONCE", 2)
    monkeypatch.setattr("sys.stdin", io.StringIO(run("videos")[1] * 2))
    assert run("change", "-", "--tag", "boat") == (0, "3 videos changed\n", "")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert run("change", "-", "--tag", "boat")[2].startswith("No video is listed there")
    assert "'lake.mp4' is not a video's id" in run("change", "lake.mp4", "--tag", "boat")[2]


@pytest.mark.parametrize("words", [[], ["--tag", "a", "--untag", "b"], ["--recorded", "noon"], ["--titles", "GOPR"]])
def test_a_change_that_is_none_or_two_is_refused(capsys, words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command.run(["change", NOBODY, *words])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: seekframe change")


def test_many_go_into_the_trash_and_come_back(run, films: list[Video]) -> None:
    keys = [str(video.pk) for video in films]
    status, out, err = run("trash", "--put", *keys[:2], NOBODY)
    assert (status, out) == (2, "2 of 3 videos put into the trash.\n")
    assert err == f"{NOBODY}: There is nothing here, or you may not see it.\n"
    assert run("videos")[1].startswith(keys[2])
    status, out, err = run("trash", "--restore", keys[2], *keys[:2])
    assert (status, out) == (2, f"{keys[0]}  GOPR0 boat  restored\n{keys[1]}  GOPR1 boat  restored\n")
    assert err.startswith(f"{keys[2]}: ")
    assert not Video.objects.exclude(trashed_at=None).exists()
