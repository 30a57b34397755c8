"""Large files by the client, against the web as it is run: what breaks goes on, with a key in place of a session."""

import random
import socket
from pathlib import Path

import h11
import httpx
import pytest
from django.core.files.storage import default_storage

from indexer.models import Video
from seekframe_client import Seekframe, SeekframeError, client, resumable
from seekframe_client.resumable import Memory
from tests.api_world import secret_of
from tests.test_uploads_live import until
from tests.tus_client import VIDEO
from tests.web_process import Web, web
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload

__all__ = ["web"]
FILE = VIDEO[:32] + random.Random(5).randbytes(2 * 2**20)
PIECE_BYTES = 2**18


class Breaking(httpx.HTTPTransport):
    """Every third piece is cut off in its midst, on its way to the server."""

    def __init__(self) -> None:
        super().__init__()
        self.n_pieces = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            self.n_pieces += 1
            if self.n_pieces % 3 == 0:
                request = httpx.Request("PATCH", request.url, headers=request.headers, content=request.content[:-7000])
                request.headers["Content-Length"] = str(len(request.content) + 7000)
        try:
            return super().handle_request(request)
        except h11.LocalProtocolError as problem:  # it notices, when all it had is on its way, that this is too little
            raise httpx.WriteError("cut off") from problem


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch) -> None:
    monkeypatch.setattr(client, "WHOLE_BYTES", 2**20)
    monkeypatch.setattr(resumable, "PIECE_BYTES", PIECE_BYTES)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    (tmp_path / "Lake day.mp4").write_bytes(FILE)
    return tmp_path / "Lake day.mp4"


def a_worker(_seconds: float) -> None:
    for upload in Upload.objects.filter(status="received"):
        upload_finish(upload_id=upload.pk)


def program(web: Web, person, tmp_path: Path, transport: httpx.HTTPTransport | None = None) -> Seekframe:
    memory = Memory(tmp_path / "memory")
    return Seekframe(web.url, secret_of(person), memory=memory, transport=transport, sleep=a_worker)


def stored(video_id: str) -> bytes:
    with default_storage.open(Video.objects.get(pk=video_id).original) as file:
        return file.read()


@pytest.fixture(autouse=True)
def _one_storage(settings, tmp_path: Path) -> None:
    settings.STORAGES["default"]["OPTIONS"]["location"] = str(tmp_path / "storage")


def test_it_goes_on_where_the_connection_broke(web: Web, alice, library, lake: Path, tmp_path: Path) -> None:
    transport = Breaking()
    with program(web, alice, tmp_path, transport) as seekframe:
        video = seekframe.upload(lake, str(library.pk), title="The lake")
    assert (video["title"], stored(video["id"]) == FILE) == ("The lake", True)
    assert transport.n_pieces // 3 >= 3  # so often it broke; how much of a piece arrived is up to the system
    assert list((tmp_path / "memory").iterdir()) == []


def test_a_program_that_was_stopped_goes_on_at_its_next_start(web: Web, alice, library, lake, tmp_path: Path) -> None:
    def stop(here: int, _all: int) -> None:
        if here >= 2**20:
            raise KeyboardInterrupt

    with program(web, alice, tmp_path) as seekframe, pytest.raises(KeyboardInterrupt):
        seekframe.upload(lake, str(library.pk), progress=stop)
    web.kill()
    web.start()
    seen: list[int] = []
    with program(web, alice, tmp_path) as seekframe:
        video = seekframe.upload(lake, str(library.pk), progress=lambda here, _all: seen.append(here))
    assert seen[0] == 2**20 + PIECE_BYTES
    assert stored(video["id"]) == FILE
    assert Upload.objects.count() == 1


def test_a_file_that_changed_begins_anew(web: Web, alice, library, lake: Path, tmp_path: Path) -> None:
    def stop(_here: int, _all: int) -> None:
        raise KeyboardInterrupt

    with program(web, alice, tmp_path) as seekframe:
        with pytest.raises(KeyboardInterrupt):
            seekframe.upload(lake, str(library.pk), progress=stop)
        lake.write_bytes(FILE[:32] + FILE[:31:-1])
        video = seekframe.upload(lake, str(library.pk))
    assert stored(video["id"]) == lake.read_bytes() != FILE


def test_an_upload_that_has_ended_begins_anew(web: Web, alice, library, lake: Path, tmp_path: Path) -> None:
    def cancel(here: int, _all: int) -> None:
        if here >= 2**20:
            raise KeyboardInterrupt

    with program(web, alice, tmp_path) as seekframe:
        with pytest.raises(KeyboardInterrupt):
            seekframe.upload(lake, str(library.pk), progress=cancel)
        url = f"/uploads/{Upload.objects.get().pk}"
        assert seekframe.wire.send("DELETE", url, headers=resumable.HEADERS).status_code == 204
        assert stored(seekframe.upload(lake, str(library.pk))["id"]) == FILE


def test_a_large_file_that_is_there_already_is_refused_with_its_video(web: Web, alice, library, lake, tmp_path) -> None:
    with program(web, alice, tmp_path) as seekframe:
        first = seekframe.upload(lake, str(library.pk))
        with pytest.raises(SeekframeError, match="the same file already") as twin:
            seekframe.upload(lake, str(library.pk))
        assert (twin.value.status, twin.value.video_id) == (409, first["id"])
        both = seekframe.upload(lake, str(library.pk), allow_duplicate=True)
        assert both["id"] != first["id"]


def test_a_whole_file_goes_through_the_web_as_it_is_run(web: Web, alice, library, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(client, "WHOLE_BYTES", 2**30)
    data = FILE * 12  # 24 MB
    (tmp_path / "long.mp4").write_bytes(data)
    with program(web, alice, tmp_path) as seekframe:
        video = seekframe.upload(tmp_path / "long.mp4", str(library.pk))
        assert stored(video["id"]) == data
        (tmp_path / "notes.mp4").write_bytes(b"These are notes. " * 2**20)
        with pytest.raises(SeekframeError) as refused:  # told though most of it was still on its way
            seekframe.upload(tmp_path / "notes.mp4", str(library.pk))
        assert refused.value.status == 415
    until(lambda: not list((tmp_path / "uploads").iterdir()))


def test_a_whole_file_that_is_cut_off_makes_nothing(web: Web, alice, library, tmp_path: Path) -> None:
    """However much of it came: a video is a whole file, or none."""
    form = {"library": str(library.pk)}
    sent = httpx.Request("POST", f"{web.url}/api/v1/videos", data=form, files={"file": ("lake.mp4", FILE)})
    body = sent.read()
    head = f"POST /api/v1/videos HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret_of(alice)}\r\n"
    head += "".join(f"{name}: {sent.headers[name]}\r\n" for name in ("Content-Type", "Content-Length")) + "\r\n"
    for missing in (5, 8, 60, 2**20):  # from the last boundary on
        with socket.create_connection(("127.0.0.1", web.port)) as connection:
            connection.sendall(head.encode() + body[:-missing])
            connection.shutdown(socket.SHUT_WR)
            said = connection.recv(2**16)
        assert not said or b" 4" in said.splitlines()[0], said
        until(lambda: not (tmp_path / "uploads").exists() or not list((tmp_path / "uploads").iterdir()))
    assert not Video.objects.exists()
