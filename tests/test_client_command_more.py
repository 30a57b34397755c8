"""`seekframe` beside search: labels, saved searches, trash, captions and transcripts."""

import json
from pathlib import Path

import pytest

from indexer.models import Caption, Library, Video
from tests.api_world import address, film
from tests.test_client_command import run

__all__ = ["address", "film", "run"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_labels_are_made_listed_and_deleted(run, film: Video, library: Library) -> None:
    assert run("labels") == (0, "", "")
    made = json.loads(run("labels", "--make", "Animals", "dog", "cat", "--json")[1])
    assert [label["name"] for label in made[0]["labels"]] == ["dog", "cat"]
    status, out, _ = run("labels", "--library", library.name)
    first, dog, _ = out.splitlines()
    assert (status, first) == (0, f"{made[0]['id']}  Animals, 0 of 2 segments looked at")
    assert dog.endswith("0 times      0:00  dog")
    assert "has a set of that name" in run("labels", "--make", "Animals", "bird")[2]
    assert run("labels", "--make", "Alone")[0] == 2
    assert run("labels", "--delete", str(made[0]["id"]))[:2] == (0, "Deleted.\n")
    assert run("labels", "--delete", str(made[0]["id"]))[0] == 2


def test_searches_are_saved_listed_and_deleted(run, address: str) -> None:
    status, out, _ = run("saved", "--make", "Our dog", "q=dog&sort=newest")
    key = out.split()[0]
    assert (status, out) == (0, f"{key}  Our dog  {address}/search?q=dog&sort=newest\n")
    assert json.loads(run("saved", "--json")[1])[0]["asked"] == "q=dog&sort=newest"
    assert "cannot be understood" in run("saved", "--make", "x", "sort=newest")[2]
    assert run("saved", "--delete", key)[:2] == (0, "Deleted.\n")
    assert run("saved") == (0, "", "")


def test_the_trash_is_filled_listed_and_restored_from(run, film: Video, library: Library) -> None:
    key = str(film.pk)
    assert run("trash", "--put", key)[:2] == (0, "In the trash.\n")
    assert run("videos")[1] == ""
    assert run("trash", "--library", library.name)[1].startswith(f"{key}  Film  in the trash since 20")
    assert run("trash", "--restore", key)[:2] == (0, f"{key}  Film  restored\n")
    assert run("trash", "--json")[:2] == (0, "[]\n")
    assert run("trash", "--restore", key)[0] == 2
    assert "is not a video's id" in run("trash", "--restore", "x")[2]


def test_captions_are_started_stopped_and_listed(run, film: Video) -> None:
    key = str(film.pk)
    Video.objects.update(caption_status="cancelled")
    assert run("captions", key)[1].startswith("0 of 2 segments  ")
    assert json.loads(run("captions", key, "--start", "--json")[1])["under_way"]
    assert run("captions", key, "--cancel")[0] == 0
    assert run("captions", key, "--cancel")[2].startswith("There is nothing to stop")
    segment = film.segments.order_by("start_s")[0]
    times = {"start_s": segment.start_s, "end_s": segment.end_s}
    Caption.objects.create(video=film, space=segment.space, text="a dog", agreement=0.9, **times)
    assert run("captions", key, "--list")[1] == "0:00-0:11  a dog\n"


def test_a_transcript_is_sent_and_read(run, film: Video, tmp_path: Path) -> None:
    (tmp_path / "film.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nHello there\n")
    assert run("transcript", str(film.pk)) == (0, "", "")
    assert run("transcript", str(film.pk), "--subtitles", str(tmp_path / "film.srt"))[:2] == (0, "1 line\n")
    assert run("transcript", str(film.pk), "--kind", "said")[1] == "0:01-0:03  said     Hello there\n"
    assert run("transcript", str(film.pk), "--kind", "written")[1] == ""
    (tmp_path / "film.txt").write_text("Hello")
    assert run("transcript", str(film.pk), "--subtitles", str(tmp_path / "film.txt"))[0] == 2
