"""Seekframe as people run it: real processes from one command, from an upload to the video's bytes, through crashes."""

import re
import signal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from benchmarks.running import Up, Visitor, gone, wait_until
from tests.videos import make_video
from webapp.embedded import kept
from webapp.embedded.kept import free_port


@pytest.fixture
def up(tmp_path: Path):
    tmp_path.chmod(0o755)
    running = Up(tmp_path / "var")
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)


def status_of(up: Up, video_id: str) -> str:
    url = kept.load(up.var / "embedded.env")["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT status, error FROM indexer_video WHERE id = %s", [video_id]).fetchone()
    assert row is None or row[0] not in ("failed", "quarantined"), f"{row}\n{up.output}"
    return row[0] if row else ""


def open_first_hit(visitor: Visitor, query: str, video_id: str) -> httpx.Response:
    found = visitor.get("/search", params={"q": query})
    link = re.search(rf'href="(/v/{video_id}\?[^"]*\bt=[^"]+)"', found.text)
    assert link is not None, found.text
    where = parse_qs(urlsplit(link[1].replace("&amp;", "&")).query)
    assert float(where["t"][0]) >= 0
    return visitor.get(link[1].replace("&amp;", "&"))


def kill_worker(up: Up) -> None:
    worker = up.service("index")
    assert worker is not None
    for process in [worker, *worker.children(recursive=True)]:
        process.kill()


@pytest.mark.slow
def test_it_goes_from_upload_to_play_and_survives_kills_stops_and_starts(up, tmp_path):
    up.start()
    up.wait_ready()
    visitor = Visitor(up.address)
    assert "first account" in visitor.get("/").text
    visitor.make_first_account()

    # Upload, index, search, play.
    harbour = make_video(tmp_path / "harbour.mp4", 12)
    video_id = visitor.tus_upload(harbour, piece_bytes=4096)
    wait_until(lambda: status_of(up, video_id) == "ready", "indexing")
    page = open_first_hit(visitor, "harbour", video_id)
    assert "harbour" in page.text
    part = visitor.get(f"/media/{video_id}/play", headers={"Range": "bytes=100-299"})
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 100-299/{harbour.stat().st_size}"
    assert part.content == harbour.read_bytes()[100:300]
    assert httpx.get(f"{up.address}/media/{video_id}/play", trust_env=False).status_code in (302, 403, 404)
    assert "harbour" in up.manage("search", "harbour").stdout

    # A worker that dies in the middle of a video costs time, not the video.
    long_id = visitor.tus_upload(make_video(tmp_path / "voyage.mp4", 900), piece_bytes=1 << 20)
    wait_until(lambda: status_of(up, long_id) == "indexing", "the claim")
    kill_worker(up)
    assert status_of(up, long_id) == "indexing"
    wait_until(lambda: "index stopped unexpectedly" in up.output, "the sentence")
    wait_until(lambda: status_of(up, long_id) == "ready", "indexing after the kill")

    # Ctrl-C leaves nothing behind; the next start has everything, sessions too.
    family = up.family()
    assert up.end(signal.SIGINT) == 0
    assert gone(family), up.output
    assert "Seekframe has stopped." in up.output
    up.start()
    up.wait_ready()
    assert "voyage" in visitor.get("/").text

    # Killed outright, it takes its services along or the next start ends them.
    family = up.family()
    up.end(signal.SIGKILL)
    up.start()
    up.wait_ready()
    assert gone(family), up.output
    assert "harbour" in visitor.get("/").text


def refusal(tmp_path: Path, **settings: str) -> str:
    up = Up(tmp_path / "var", **settings)
    up.start()
    assert up.process.wait(120) == 1, up.output
    up.reader.join(60)
    return up.output.splitlines()[-1]


def test_it_refuses_to_start_with_one_sentence(tmp_path):
    port = free_port()
    wrong = {
        "DATABASE_URL": f"postgres://alice:secret@127.0.0.1:{port}/none",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "MODEL_SERVER_URL": f"http://127.0.0.1:{port}",
    }
    said = refusal(tmp_path, **wrong)
    assert said.startswith(f"up       | Seekframe does not start. DATABASE_URL: the database at 127.0.0.1:{port}")


def test_it_names_a_setting_of_the_wrong_kind(tmp_path):
    assert refusal(tmp_path, PORT="http") == "PORT must be a whole number from 1 to 65535, not 'http'."
