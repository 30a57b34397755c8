"""Only public addresses, by real resolution and with nothing let through."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.film_server import FILM, Handler, serving_films, to
from tests.sources import source_of
from webapp.sources.addresses import NotPublic, is_public, public_addresses
from webapp.sources.kinds_of_place import NoPlace, place_of
from webapp.sources.looking import look
from webapp.sources.models import Source, SourceItem
from webapp.sources.places import FetchProblem
from webapp.sources.web_address import WebAddress
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings, tmp_path: Path, monkeypatch) -> Iterator[str]:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    with serving_films(monkeypatch) as url:
        yield url


def item_of(source: Source) -> SourceItem:
    return source.items.get()


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:1::1]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[fec0::1]",
        "[2001:db8::1]",
        socket.gethostname(),
    ],
)
def test_an_address_that_is_not_public_is_refused_however_it_is_spelt(host, library, alice, settings, tmp_path):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    with socket.create_server(("0.0.0.0", 0)) as listening:
        listening.settimeout(0)
        port = listening.getsockname()[1]
        try:
            source = source_of(library, alice, f"http://{host}:{port}/film.mp4")
        except NoPlace:
            return  # refused before it was kept
        look(source.pk)
        with pytest.raises(BlockingIOError):
            listening.accept()  # nobody ever connected
    item = item_of(source)
    refused = item.status == "refused" and "not a public address" in item.error
    assert refused or "not known" in item.error, item.error
    assert not Upload.objects.exists()


def test_addresses_that_all_the_world_may_reach_are_let_through():
    for text in ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"):
        assert is_public(ip_address(text))
        assert public_addresses(text, 443) == [text]


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    def both(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(NotPublic):
        public_addresses("example.org", 80)


def test_a_name_that_changes_its_address_after_the_look_is_not_asked_again(server, monkeypatch):
    """The connection is made to what was looked at: DNS is asked once a connection."""
    port, asked, real = int(server.rpartition(":")[2]), [], socket.getaddrinfo

    def rebinding(host, *arguments, **options):
        if host != "film.example":
            return real(host, *arguments, **options)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with WebAddress("").open(f"http://film.example:{port}/film.mp4", "", 0) as opened:
        assert b"".join(opened.pieces) == FILM
    assert asked == ["film.example"]
    Handler.answers["/again.mp4"] = to(f"http://film.example:{port}/film.mp4")
    with pytest.raises(FetchProblem, match="not a public"), WebAddress("").open(f"{server}/again.mp4", "", 0):
        pass


@pytest.mark.parametrize(
    "typed",
    [
        "ftp://example.org/a.mp4",
        "rtsp://example.org/a",
        "file:///etc/passwd",
        "https://",
        "http://a:b@example.org/a.mp4",
        "example.org",
        "gopher:",
    ],
)
def test_what_is_no_address_is_refused_at_once(typed):
    with pytest.raises(NoPlace):
        place_of(typed)
