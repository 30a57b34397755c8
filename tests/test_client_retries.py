"""What is sent again, what is not, and what a program is told."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from seekframe_client import Seekframe, SeekframeError
from seekframe_client.wire import TRIES

LIBRARY = {"id": "1", "name": "a", "role": "owner", "n_videos": 0}


class Server:
    """Answers in turn: a response, or an exception to raise."""

    def __init__(self, *turns: object) -> None:
        self.turns = list(turns)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        assert isinstance(turn, httpx.Response)
        return turn


def client(server: Server) -> tuple[Seekframe, list[float]]:
    slept: list[float] = []
    made = Seekframe("http://seekframe", "sf_x", transport=httpx.MockTransport(server), sleep=slept.append)
    return made, slept


def page(*items: object) -> httpx.Response:
    return httpx.Response(200, json={"items": list(items), "count": len(items)})


def test_it_waits_as_long_as_the_server_says() -> None:
    server = Server(httpx.Response(429, headers={"Retry-After": "7"}), page(LIBRARY))
    seekframe, slept = client(server)
    assert list(seekframe.libraries()) == [LIBRARY]
    assert slept == [7.0]


def test_a_wait_that_is_too_long_is_for_the_person() -> None:
    seekframe, slept = client(Server(httpx.Response(429, headers={"Retry-After": "900"}, json={"detail": "Wait."})))
    with pytest.raises(SeekframeError, match=r"Wait\.") as refused:
        list(seekframe.libraries())
    assert (refused.value.status, slept) == (429, [])


@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.ConnectError("no"), httpx.ConnectTimeout("no")])
def test_what_was_not_begun_is_sent_again_whatever_it_is(trouble) -> None:
    server = Server(trouble, trouble, httpx.Response(202, json={"status": "uploaded"}))
    seekframe, slept = client(server)
    assert seekframe.video_reindex("1")["status"] == "uploaded"
    assert (len(slept), slept[0] < slept[1]) == (2, True)


@pytest.mark.parametrize("trouble", [httpx.ReadError("cut"), httpx.ReadTimeout("late"), httpx.Response(502)])
def test_what_may_have_been_done_is_sent_again_only_where_twice_is_once(trouble) -> None:
    server = Server(trouble, page(LIBRARY))
    assert list(client(server)[0].libraries()) == [LIBRARY]
    refused = Server(trouble, httpx.Response(202, json={}))
    with pytest.raises(SeekframeError):
        client(refused)[0].video_reindex("1")
    assert len(refused.asked) == 1


def test_what_makes_something_is_sent_again_with_the_same_key() -> None:
    server = Server(
        httpx.ReadError("cut"),
        httpx.Response(409, headers={"Retry-After": "2"}, json={"detail": "still under way"}),
        httpx.Response(201, json=LIBRARY),
    )
    seekframe, slept = client(server)
    assert seekframe.library_create("a") == LIBRARY
    assert len({request.headers["Idempotency-Key"] for request in server.asked}) == 1
    assert (len(server.asked), slept[1] >= 2) == (3, True)


def test_a_delete_that_was_done_before_the_connection_broke_is_done() -> None:
    gone = httpx.Response(404, json={"detail": "There is nothing here."})
    client(Server(httpx.ReadError("cut"), gone))[0].video_delete("1")
    with pytest.raises(SeekframeError):
        client(Server(httpx.ConnectError("no"), gone))[0].video_delete("1")


def test_it_gives_up() -> None:
    server = Server(httpx.ConnectError("refused"))
    with pytest.raises(SeekframeError, match="Nothing answers at http://seekframe") as away:
        list(client(server)[0].libraries())
    assert (away.value.status, len(server.asked)) == (0, TRIES)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_what_was_refused_is_not_sent_again(status: int) -> None:
    problem = {"detail": "No.", "request_id": "r1", "title": "x", "position": 4}
    server = Server(httpx.Response(status, json=problem))
    with pytest.raises(SeekframeError, match=r"No\.") as refused:
        client(server)[0].search("dog")
    error = refused.value
    assert (error.status, error.request_id, error.more["position"], len(server.asked)) == (status, "r1", 4, 1)


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(301), httpx.Response(404)])
def test_what_is_not_seekframe_is_said_to_be_none(answer: httpx.Response) -> None:
    with pytest.raises(SeekframeError, match="not Seekframe"):
        client(Server(answer))[0].search("dog")


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://x", "http://", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SeekframeError, match="http://host:port"):
        Seekframe(url, "sf_x")


class Cut(httpx.SyncByteStream):
    """A body that breaks off."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("cut")


def test_a_clip_that_breaks_off_is_fetched_again_whole(tmp_path: Path) -> None:
    seekframe, slept = client(Server(httpx.Response(200, stream=Cut()), httpx.Response(200, content=b"the clip")))
    made = seekframe.clip("1", 0, 2, tmp_path / "clip.mp4")
    assert (made.read_bytes(), len(slept)) == (b"the clip", 1)
    assert list(tmp_path.iterdir()) == [made]
