"""Uploads against the web as it is run: broken connections, kills and crowds."""

import http.client
import random
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from tests.tus_client import BODY_TYPE, VIDEO, metadata
from tests.web_process import Web, web
from webapp.uploads import parts
from webapp.uploads.models import Upload

__all__ = ["web"]
FILE = VIDEO[:32] + random.Random(7).randbytes(3 * 2**20)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def client_of(web: Web, user) -> httpx.Client:
    return httpx.Client(
        base_url=web.url, headers=web.session(user) | {"Tus-Resumable": "1.0.0", "Connection": "close"}, timeout=30
    )


def create(client: httpx.Client, library, size: int = len(FILE)) -> str:
    facts = {"Upload-Length": str(size), "Upload-Metadata": metadata(filename="lake.mp4", library=str(library.pk))}
    answer = client.post("/uploads/", headers=facts)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def offset_of(client: httpx.Client, url: str) -> int:
    return int(client.head(url).headers["Upload-Offset"])


def patch(client: httpx.Client, url: str, start: int, data: bytes) -> httpx.Response:
    return client.patch(url, content=data, headers={"Upload-Offset": str(start), "Content-Type": BODY_TYPE})


def begin_patch(client: httpx.Client, url: str, start: int, length: int) -> http.client.HTTPConnection:
    """A PATCH whose body has yet to be sent."""
    place = urlsplit(str(client.base_url))
    connection = http.client.HTTPConnection(str(place.hostname), place.port)
    connection.putrequest("PATCH", url)
    headers = {**client.headers, "Upload-Offset": str(start), "Content-Type": BODY_TYPE, "Content-Length": str(length)}
    for name, value in headers.items():
        if name.lower() not in ("host", "accept-encoding", "connection"):
            connection.putheader(name, value)
    connection.endheaders()
    return connection


def test_it_resumes_after_connections_that_break_at_random_places(web, alice, library):
    dice = random.Random(11)
    with client_of(web, alice) as client:
        url = create(client, library)
        while (start := offset_of(client, url)) < len(FILE):
            connection = begin_patch(client, url, start, len(FILE) - start)
            connection.send(FILE[start : start + dice.randrange(1, 2**20)])
            connection.close()  # in the midst of the body
    upload_id = Upload.objects.get().pk
    until(lambda: Upload.objects.get().status == "received")
    assert parts.part_path(upload_id).read_bytes() == FILE


def test_it_resumes_after_the_server_was_killed_in_the_midst(web, alice, library):
    with client_of(web, alice) as client:
        url = create(client, library)
        upload_id = Upload.objects.get().pk
        for _ in range(2):
            start = offset_of(client, url)
            connection = begin_patch(client, url, start, len(FILE) - start)
            connection.send(FILE[start : start + 2**20])
            until(lambda start=start: parts.offset(upload_id) > start)
            web.kill()
            connection.close()
            web.start()
        start = offset_of(client, url)
        assert 0 < start < len(FILE)
        assert parts.part_path(upload_id).read_bytes() == FILE[:start]
        assert patch(client, url, start, FILE[start:]).status_code == 204
    assert parts.part_path(upload_id).read_bytes() == FILE


def test_while_one_request_sends_another_waits_and_no_byte_is_written_twice(web, alice, library):
    with client_of(web, alice) as client:
        url = create(client, library)
        first = begin_patch(client, url, 0, len(FILE))
        first.send(FILE[: 2**20])
        until(lambda: parts.offset(Upload.objects.get().pk) > 0)
        assert patch(client, url, 0, FILE).status_code == 423
        assert client.delete(url).status_code == 423
        first.send(FILE[2**20 :])
        assert first.getresponse().status == 204
        first.close()
    assert parts.part_path(Upload.objects.get().pk).read_bytes() == FILE


def test_of_many_that_send_the_same_bytes_at_once_one_wins(web, alice, library):
    answers: list[int] = []
    with client_of(web, alice) as client:
        url = create(client, library)

        def send() -> None:
            answers.append(patch(client, url, 0, FILE[: 2**20]).status_code)

        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert offset_of(client, url) == 2**20
    assert sorted(answers)[0] == 204
    assert set(answers[1:]) <= {204, 409, 423}
    assert answers.count(204) == 1
    assert parts.part_path(Upload.objects.get().pk).read_bytes() == FILE[: 2**20]
