"""What an operator may live to see: each fault made for real, what it costs, and that it passes by itself.

The disks are small tmpfs mounts, so those tests need a system that lets this user mount. The clock is the one fault
that is made by replacing a function: the machine's own cannot be turned.
"""

import itertools
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pytest
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.test import Client
from django.utils import timezone

from indexer import leases, pipeline, playable, sweeper
from indexer.models import Video
from tests.engines import ColourEngine
from tests.indexing import in_a_process, listen, placeholder_video, stored_video, without_decoding
from tests.tus_client import VIDEO, Tus
from tests.web_process import Web, web
from webapp.uploads import parts, views
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload
from webapp.uploads.sweep import uploads_sweep

__all__ = ["web"]
DISK_BYTES = 512 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte, really mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Until not a byte is left; the file to remove for room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        file.writelines(itertools.repeat(bytes(4096)))
    return filler


def read_only(disk: Path, mode: str = "ro") -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", disk], check=True)


@pytest.fixture
def tus(as_alice: Client, settings, disk: Path, monkeypatch) -> Tus:
    """Uploads lie on the small disk, down to its last byte."""
    settings.UPLOADS_DIR = disk / "uploads"
    monkeypatch.setattr(parts, "SPARE_BYTES", 0)
    return Tus(as_alice)


def sentence(answer) -> str:
    return str(answer.json()["detail"])


@pytest.mark.django_db
def test_a_disk_that_fills_up_during_an_upload_keeps_what_has_come(tus, library, disk):
    url = tus.create(library)["Location"]
    tus.patch(url, 0, VIDEO[:4096])
    filler = fill(disk)
    answer = tus.patch(url, 4096, VIDEO[4096:])
    assert answer.status_code == 507
    assert sentence(answer) == "The server's disk is full. What has come is kept: free some room, then resume."
    assert tus.create(library).status_code == 507
    filler.unlink()
    come = int(tus.head(url)["Upload-Offset"])
    assert come >= 4096
    assert tus.patch(url, come, VIDEO[come:]).status_code == 204
    assert parts.part_path(Upload.objects.get().pk).read_bytes() == VIDEO


@pytest.mark.django_db
def test_a_read_only_disk_is_said_and_nothing_is_lost(tus, library, disk):
    url = tus.create(library)["Location"]
    tus.patch(url, 0, VIDEO[:4096])
    read_only(disk)
    answers = [tus.patch(url, 4096, VIDEO[4096:]), tus.create(library)]
    assert [answer.status_code for answer in answers] == [507, 507]
    assert all("The server cannot write to its disk" in sentence(answer) for answer in answers)
    read_only(disk, "rw")
    assert tus.patch(url, 4096, VIDEO[4096:]).status_code == 204
    assert Upload.objects.get().status == "received"


@pytest.mark.django_db(transaction=True)
def test_a_store_that_is_full_delays_a_finished_upload_and_costs_nothing(as_alice, library, settings, disk, tmp_path):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": {"location": str(disk / "storage")}}
    }
    upload_id = Tus(as_alice).send(library)
    filler = fill(disk)
    with pytest.raises(OSError, match="No space left"):
        upload_finish(upload_id=upload_id)
    assert Upload.objects.get().status == "received"
    assert parts.part_path(upload_id).read_bytes() == VIDEO
    filler.unlink()
    upload_finish(upload_id=upload_id)  # the sweeper rings every minute
    assert (disk / "storage" / Video.objects.get().original).read_bytes() == VIDEO
    assert not list(disk.rglob("*.part"))


@pytest.mark.django_db
def test_a_full_store_fails_the_playback_files_with_a_sentence_and_a_later_try_makes_them(
    library, settings, disk, tmp_path
):
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": {"location": str(disk / "storage")}}
    }
    video = stored_video(library, tmp_path)
    filler = fill(disk)
    playable.make_media(video.pk)
    video.refresh_from_db()
    assert (video.media_status, video.media_error) == (
        "uploaded",
        "A file could not be read or written (No space left on device).",
    )
    assert not list((disk / "storage").rglob("*.part"))
    filler.unlink()
    Video.objects.update(media_lease_until=None)  # its wait is over
    playable.make_media(video.pk)
    video.refresh_from_db()
    assert (video.media_status, video.media_error) == ("ready", "")


def test_a_database_that_hangs_up_on_everyone_is_met_again_by_the_next_request(web: Web, alice, library):
    with httpx.Client(base_url=web.url, headers=web.session(alice) | {"Tus-Resumable": "1.0.0"}, timeout=30) as client:
        assert client.get("/").status_code == 200
        connection.close()  # of this process: the fixtures meet it again too
        with psycopg.connect(web.environment["DATABASE_URL"], autocommit=True) as admin:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            ended = admin.execute(f"{others} AND pid <> pg_backend_pid()").fetchall()
        assert ended
        assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_forgets_everything_costs_a_minute_and_no_session(as_alice, library, settings, tmp_path):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    upload_id = Tus(as_alice).send(library)
    cache.clear()  # FLUSHDB: messages, cache and all
    rung = listen()
    Upload.objects.update(touched_at=timezone.now() - timedelta(minutes=2))
    uploads_sweep()
    assert rung() == [("finish_upload", str(upload_id))]
    upload_finish(upload_id=upload_id)
    cache.clear()
    rung = listen()
    Video.objects.update(rung_at=timezone.now() - sweeper.RING_AGAIN, media_rung_at=None)
    sweeper.sweep()
    assert ("index_video", str(upload_id)) in rung()
    assert as_alice.get("/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-1, 1])
def test_a_workers_clock_that_jumps_a_day_takes_no_ones_work(library, tmp_path, monkeypatch, days):
    without_decoding(monkeypatch)
    video = placeholder_video(library, tmp_path)
    held = leases.claim(video.pk, "index")
    assert held is not None
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + days * 86400)
    moved = timezone.now() + timedelta(days=days)
    monkeypatch.setattr(timezone, "now", lambda: moved)
    assert leases.claim(video.pk, "index") is None  # by Postgres's clock it is still held
    held.renew()
    held.end(status="uploaded")
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert video.status == "ready"


@pytest.mark.django_db
def test_a_line_that_goes_dead_gives_the_thread_back_and_what_came_counts(monkeypatch):
    monkeypatch.setattr(views, "STALLED_S", 0.2)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(VIDEO[:1000])  # and then nothing more, though 8,000 were announced
        environ = {
            "REQUEST_METHOD": "PATCH",
            "CONTENT_LENGTH": "8000",
            "wsgi.input": ours.makefile("rb", buffering=0),
            "gunicorn.socket": ours,
        }
        began = time.monotonic()
        came = b"".join(views._pieces(WSGIRequest(environ), 8000))
    assert came == VIDEO[:1000]
    assert time.monotonic() - began < 5


class HungryEngine(ColourEngine):
    """Wants more memory than there is."""

    def predict(self, clips, prompt=None):
        return np.ones((1 << 14, 1 << 20), np.float32)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_runs_out_of_memory_says_so_and_the_video_is_tried_again(library, tmp_path, monkeypatch):
    without_decoding(monkeypatch)
    video = placeholder_video(library, tmp_path)

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
        pipeline.index_video(video.pk, HungryEngine())

    assert not in_a_process(work, (), 0)
    video.refresh_from_db()
    assert (video.status, video.error) == ("uploaded", "The worker ran out of memory. Trying again in 10 s.")
    Video.objects.update(not_before=None)
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert video.status == "ready"
