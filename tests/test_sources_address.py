"""A file by its address, from a real HTTP server: what is fetched, how it goes on, and what is refused."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.models import Library, Video
from tests.film_server import FILM, Handler, film, serving_films, to
from tests.indexing import in_a_process
from tests.sources import let_a_minute_pass, lose_worker, source_of, stored, stray_parts, worked
from tests.tus_client import VIDEO
from webapp.sources import fetching, looking, web_address
from webapp.sources.looking import look
from webapp.sources.models import Source, SourceItem
from webapp.uploads import parts
from webapp.uploads import services as upload_services
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings, tmp_path: Path, monkeypatch) -> Iterator[str]:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    with serving_films(monkeypatch) as url:
        yield url


@pytest.fixture
def source(server: str, library: Library, alice) -> Source:
    return source_of(library, alice, f"{server}/film.mp4")


def item_of(source: Source) -> SourceItem:
    return source.items.get()


# What is fetched


def test_a_file_is_fetched_once_and_becomes_a_video(source, alice):
    worked(source)
    video = Video.objects.get()
    assert (video.title, video.uploaded_by, stored()) == ("film", alice, [FILM])
    assert (item_of(source).status, item_of(source).video) == ("fetched", video)
    source.refresh_from_db()
    assert not looking.is_due(source)
    worked(source)
    assert len(Handler.asked) == 1
    assert stray_parts() == 0


def test_a_broken_connection_goes_on_from_its_byte(source):
    def breaks(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(FILM)))
        handler.send_header("ETag", '"one"')
        handler.end_headers()
        handler.wfile.write(FILM[:500_000])
        handler.close_connection = True

    Handler.answers["/film.mp4"] = breaks
    look(source.pk)
    item = item_of(source)
    assert (item.status, item.attempts) == ("waiting", 1)
    come = parts.offset(Upload.objects.get().pk)
    assert 0 < come <= 500_000
    Handler.answers["/film.mp4"] = film
    look(source.pk)
    assert len(Handler.asked) == 1, "not before its rest is over"
    let_a_minute_pass()
    worked(source)
    assert Handler.asked[-1] == ("/film.mp4", f"bytes={come}-")
    assert stored() == [FILM]


def test_a_server_that_begins_anew_is_taken_from_the_start(source, monkeypatch):
    real = upload_services.upload_receive
    monkeypatch.setattr(fetching, "AT_ONCE_BYTES", 200_000)

    def dies(**asked):
        if asked["start"]:
            raise KeyboardInterrupt
        return real(**asked)

    monkeypatch.setattr(fetching, "upload_receive", dies)
    with pytest.raises(KeyboardInterrupt):
        look(source.pk)
    monkeypatch.setattr(fetching, "upload_receive", real)
    other = VIDEO * 299
    Handler.answers["/film.mp4"] = lambda handler: handler.send(200, other)
    worked(source)
    assert stored() == [other]
    assert stray_parts() == 0


def test_names_come_from_the_server_and_endings_from_the_bytes(server, library, alice):
    named = {"Content_Disposition": 'attachment; filename="../etc/Lake day.mp4"'}
    Handler.answers["/named"] = lambda handler: handler.send(200, VIDEO + b"1", **named)
    Handler.answers["/download"] = lambda handler: handler.send(200, VIDEO + b"2")
    for path in ("/named", "/download?id=3"):
        worked(source_of(library, alice, f"{server}{path}"))
    assert set(Video.objects.values_list("title", flat=True)) == {"Lake day", "download"}
    assert set(Upload.objects.values_list("file_name", flat=True)) == {"Lake day.mp4", "download.mp4"}


def test_up_to_five_redirects_are_followed(server, library, alice):
    for n in range(5):
        Handler.answers[f"/r{n}"] = to(f"/r{n + 1}" if n < 4 else "/film.mp4")
    worked(source_of(library, alice, f"{server}/r0"))
    assert stored() == [FILM]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda h: h.send(404), "The server answered 404"),
        (lambda h: h.send(200, b"<html>" * 2000), "is not a video"),
        (lambda h: h.send(200, b""), "is not a video"),
        (lambda h: h.send(200, VIDEO, Content_Encoding="gzip"), "packed"),
        (lambda h: h.send(200, b"0\r\n\r\n", Content_Length="x", Connection="close"), "did not answer"),
        (to("/again"), "more than 5 times"),
        (to(""), "to nowhere"),
        (to("ftp://example.org/film.mp4"), "Only http"),
        (to("file:///etc/passwd"), "Only http"),
        (to("http://user:secret@127.0.0.1/film.mp4"), "name and password"),
        (to("http://[::ffff:127.0.0.1]/film.mp4"), "not a public address"),
        (to("http://127.0.0.1:1/film.mp4"), "did not answer"),
        (to("http://169.254.169.254/latest/meta-data"), "not a public address"),
        (to("http://10.0.0.1/film.mp4"), "not a public address"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(server, library, alice, answer, said):
    Handler.answers["/again"] = answer
    source = source_of(library, alice, f"{server}/again")
    for _ in range(fetching.MAX_ATTEMPTS):
        look(source.pk)
        let_a_minute_pass()
    item = item_of(source)
    assert (item.status, said in item.error) == ("refused", True), item.error
    assert item.error.endswith(".")
    assert (Video.objects.count(), stray_parts()) == (0, 0)


def test_a_file_of_unknown_length_is_not_taken(server, library, alice):
    def chunked(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")

    Handler.answers["/chunked.mp4"] = chunked
    source = source_of(library, alice, f"{server}/chunked.mp4")
    look(source.pk)
    assert "does not say how large" in item_of(source).error


def test_a_file_that_is_too_large_is_refused_before_it_comes(source, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    look(source.pk)
    assert "here a video may be 1000 bytes" in item_of(source).error
    assert not parts.stored_ids()


def test_a_server_that_stalls_is_left(source, monkeypatch):
    go_on = threading.Event()
    Handler.answers["/film.mp4"] = lambda handler: go_on.wait(20) and None
    monkeypatch.setattr(web_address, "TIMEOUTS", web_address.TIMEOUTS | {"read": 0.3})
    look(source.pk)
    go_on.set()
    assert "did not answer as it should" in item_of(source).error
    assert item_of(source).status == "waiting"


def test_a_worker_killed_at_any_line_brings_it_in_once(server, library, alice):
    steps = (looking._look, looking._fetch_due, fetching.fetch, fetching._receive, fetching._copy, fetching._set)
    for line in range(0, 200, 7):
        data = VIDEO * 20 + line.to_bytes(2, "big")
        Handler.answers[f"/{line}.mp4"] = lambda handler, data=data: handler.send(200, data, ETag=f'"{len(data)}"')
        source = source_of(library, alice, f"{server}/{line}.mp4")
        died = in_a_process(lambda source=source: look(source.pk), steps, line)
        lose_worker(source)
        worked(source)
        assert item_of(source).status == "fetched"
        if not died:
            break
    else:
        pytest.fail("the work has more lines than were tried")
    assert Video.objects.count() == Source.objects.count() == len(set(stored()))
    assert stray_parts() == 0
