"""`seekframe`: what it prints, its exit status, and what it says where something is missing or wrong."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from indexer import files
from indexer.models import Library, Video
from indexer.tags import tags_set
from model_server.frames.reader import probe
from search.labels import label_set_create
from seekframe_client import command, narrowing
from seekframe_client.shapes import Filters
from tests.api_world import address, film, secret_of
from tests.tus_client import VIDEO
from tests.videos import make_video

__all__ = ["address", "film"]
pytestmark = pytest.mark.django_db(transaction=True)
CLIENT = Path(command.__file__).parent.parent


@pytest.fixture
def run(address: str, alice, monkeypatch, capsys, tmp_path: Path):
    monkeypatch.setenv("SEEKFRAME_URL", address)
    monkeypatch.setenv("SEEKFRAME_KEY", secret_of(alice))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def ran(*arguments: str) -> tuple[int, str, str]:
        status = command.run(list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return ran


def test_it_searches_as_the_servers_own_command_does(run, film: Video, library: Library, address: str) -> None:
    status, out, _ = run("search", "a", "dog")
    first, second = out.splitlines()
    assert (status, first) == (0, "Film")
    assert second.startswith("  0:10-0:18  ")
    assert f"by meaning  {address}/v/{film.pk}?t=" in second
    assert run("search", "dog", "--library", library.name, "--json")[1].startswith("{")
    assert run("search", "rocket")[:2] == (1, "Nothing matches\n")


def test_it_takes_every_filter_of_the_api(run, film: Video, library: Library, alice, tmp_path: Path) -> None:
    label_set = label_set_create(library_id=library.pk, name="Animals", names=["dog", "cat"])
    tags_set(video=film, names=["beach"])
    Video.objects.update(uploaded_by=alice, width_px=640, height_px=360)
    finds = ("--tag beach", "--longer 10 --shorter 1:00", "--orientation landscape", "--uploader alice", "--must any")
    for options in (*finds, "--since 2020-01-01 --sort newest --at-least 20", f"--library {library.pk}"):
        assert run("search", "dog", *options.split())[1].startswith("Film\n"), options
    for options in ("--captioned", "--label dog", "--shorter 10", "--orientation portrait", "--until 2020-01-01"):
        assert run("search", "dog", *options.split())[:2] == (1, "Nothing matches\n"), options
    assert run("search", "--like", f"{film.pk}@12")[0] in (0, 1)
    Image.new("RGB", (32, 32)).save(tmp_path / "dog.png")
    assert run("search", "--picture", str(tmp_path / "dog.png"))[1].startswith("Film\n")
    status, _, err = run("search", "dog", "--label", "horse")
    assert (status, "There is no label 'horse'. There are: dog (" in err) == (2, True)
    assert run("search", "dog", "--label", str(label_set.labels.get(name="cat").pk), "--library", "Holidays")[0] == 1
    taken = {action.dest for action in narrowed()._actions}
    assert taken >= set(Filters.__annotations__)


def narrowed() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    narrowing.add_filters(parser)
    return parser


def test_a_query_that_makes_no_sense_is_told(run, film: Video) -> None:
    status, out, err = run("search", 'dog "')
    assert (status, out) == (2, "")
    assert "character 5" in err


def test_it_uploads_each_file_and_says_what_became_of_it(run, library: Library, tmp_path: Path) -> None:
    (tmp_path / "lake.mp4").write_bytes(VIDEO)
    (tmp_path / "copy.mp4").write_bytes(VIDEO)
    (tmp_path / "notes.txt").write_text("notes")
    names = [str(tmp_path / name) for name in ("lake.mp4", "copy.mp4", "notes.txt", "gone.mp4")]
    status, out, err = run("upload", *names)
    video = Video.objects.get()
    assert (status, out) == (2, f"{video.pk}  lake\n")
    assert "copy.mp4: This library has the same file already, as «lake»." in err
    assert f"It is video {video.pk}." in err
    assert "notes.txt: «notes.txt» is not a video" in err
    assert "gone.mp4: No such file or directory." in err
    assert run("upload", names[1], "--allow-duplicate", "--title", "Two", "--library", str(library.pk))[0] == 0
    refused = run("upload", names[0], "--library", "x")[2]
    assert "There is no library 'x' that you may change. There are: Holidays" in refused


def test_it_lists_videos_libraries_and_segments(run, film: Video, library: Library) -> None:
    assert run("videos")[1] == f"{film.pk}  ready            0:18  Film\n"
    assert run("videos", "--status", "failed") == (0, "", "")
    assert json.loads(run("videos", "--json")[1])[0]["id"] == str(film.pk)
    assert run("libraries")[1] == f"{library.pk}  owner        1 videos  Holidays\n"
    assert run("segments", str(film.pk))[1].splitlines()[0] == "0:00-0:11  no caption"
    assert "'x' is not a video's id" in run("segments", "x")[2]
    missing = run("segments", "00000000-0000-0000-0000-000000000000")
    assert (missing[0], missing[2]) == (2, "There is nothing here, or you may not see it.\n")


def test_it_tells_when_how_often_and_how_long(run, film: Video) -> None:
    status, out, _ = run("moments", str(film.pk), "a", "dog", "--at-least", "40")
    first, second = out.splitlines()
    assert (status, first[:8], second[:6]) == (0, "1 moment", "  0:10")
    assert json.loads(run("moments", str(film.pk), "dog", "--json")[1])["n_moments"] == 1
    assert run("moments", str(film.pk), "rocket") == (1, "Nothing matches\n", "")
    assert run("moments", str(film.pk), "dog", "--at-least", "101")[0] == 2


def test_moments_and_clips_are_files(run, film: Video, tmp_path: Path) -> None:
    film.original = files.video_key(film.pk, "original")
    files.put(film.original, make_video(tmp_path / "v.mp4", 6, options={"g": "10"}))
    film.save()
    dog, out = ("moments", str(film.pk), "dog"), tmp_path / "dog.edl"
    assert run(*dog, "--as", "csv")[1].splitlines()[1].startswith("12.00,18.00,")
    assert run(*dog, "--as", "edl", "--out", str(out))[:2] == (0, f"{out}\n")
    assert out.read_text().startswith("TITLE: dog")
    assert run("moments", str(film.pk), "rocket", "--as", "vtt", "--out", str(tmp_path / "none"))[0] == 1
    assert not (tmp_path / "none").exists()
    assert run(*dog, "--out", str(out))[2].startswith("Say what ")
    assert run(*dog, "--as", "csv", "--json")[0] == 2
    clip = tmp_path / "clip.mp4"
    assert run("clip", str(film.pk), "0:02", "4", "--out", str(clip))[:2] == (0, f"{clip}\n")
    assert probe(clip).duration_s == pytest.approx(2, abs=0.2)
    assert run("clip", str(film.pk), "90", "99", "--out", str(tmp_path / "no"))[2].endswith("outside the video.\n")
    assert run("clip", str(film.pk), "0", "2", "--out", str(tmp_path / "gone" / "x.mp4"))[0] == 2
    assert {path.name for path in tmp_path.iterdir()} >= {"clip.mp4", "dog.edl"}
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob("no*"))


def test_it_says_why(run, film: Video) -> None:
    status, out, _ = run("why", str(film.pk), "a", "dog", "--at", "0:13")
    assert (status, ", a hit: one begins at " in out) == (0, True)
    assert run("why", str(film.pk), "boat", "--at", "1")[0] == 1
    assert json.loads(run("why", str(film.pk), "dog", "--at", "13", "--json")[1])["is_hit"]


def test_it_asks(run, film: Video) -> None:
    status, out, _ = run("ask", str(film.pk), "what is it?", "--at", "12", "--answer", "cat", "--answer", "dog")
    assert (status, out.splitlines()[0][:14]) == (0, "0:11-0:18  dog")
    assert run("ask", str(film.pk), "what?", "--answer", "one")[2].startswith("One answer leaves nothing to choose")


def test_where_the_address_or_the_key_is_missing_or_wrong_it_says_so(run, monkeypatch, film: Video) -> None:
    monkeypatch.setenv("SEEKFRAME_KEY", "sf_wrong")
    assert run("videos")[2].startswith("SEEKFRAME_KEY is not a key of this Seekframe")
    monkeypatch.setenv("SEEKFRAME_KEY", "")
    assert run("videos")[2].startswith("Set SEEKFRAME_KEY to a key")
    monkeypatch.setenv("SEEKFRAME_KEY", "schlüssel")
    assert run("videos")[0] == 2
    monkeypatch.setenv("SEEKFRAME_KEY", "sf_x")
    monkeypatch.setenv("SEEKFRAME_URL", "localhost:8000")
    assert "http://host:port" in run("videos")[2]
    monkeypatch.delenv("SEEKFRAME_URL")
    assert run("videos") == (2, "", "Set SEEKFRAME_URL to Seekframe's address, such as http://localhost:8000.\n")


def test_it_is_a_program_of_its_own(address: str, alice, film: Video) -> None:
    """Without Django: started as its console script starts it, in another folder."""
    code = "import sys; from seekframe_client.command import main; sys.argv[1:] = ['search', 'rocket']; main()"
    environment = {"SEEKFRAME_URL": address, "SEEKFRAME_KEY": secret_of(alice, "read"), "PYTHONPATH": str(CLIENT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "Nothing matches\n"), done.stderr
