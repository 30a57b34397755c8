"""Every route and every call of the API, as everyone who may try: what they meet, what they read, what they change.

The expected answers are one table, tests/permission_table.py; what there is to see is tests/permission_world.py.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client

from indexer.models import Library
from tests.permission_table import CALLS, OF_THE_TRASH, ROUTES, met
from tests.permission_world import READABLE, RUNNING, WORDS_OF, callers, library_fill, people
from tests.search_world import SeeingEngine, add_video, showing, stored_space
from tests.test_guest_routes import address, routes
from webapp.api.api import api

READS = ("GET", "HEAD", "OPTIONS")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# When somebody was last seen, what they did, and what a browser's session holds: written at any request.
ALWAYS_WRITTEN = {"django_session", "webapp_apikey", "webapp_sharelink", "webapp_auditentry"}
ASKED = {"q": "dog", "start": "0", "end": "2"}
SENT = {
    **{"name": "Another", "role": "viewer", "username": "stranger", "days": "1", "scope": "read"},
    **{"question": "a dog?", "t": "1", "asked": "q=dog", "names": "a\nb", "title": "Other"},
}
LIBRARY = "library"
Ask = Callable[[Client], HttpResponseBase]


@dataclass
class World:
    """One of everything, and everyone who may try to see it."""

    known: dict[str, object]
    callers: dict[str, Callable[[], Client]]
    wrong: list[str] = field(default_factory=list)
    read: set[str] = field(default_factory=set)  # of the words, by the owner so far

    def known_to(self, name: str) -> dict[str, object]:
        return self.known | ({"video_id": self.known["trashed_id"]} if name in OF_THE_TRASH else {})


@pytest.fixture(autouse=True)
def _engine(monkeypatch, settings, tmp_path):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    for module in ("search", "video", "why", "ask", "examples"):
        monkeypatch.setattr(f"webapp.pages.{module}.engine", SeeingEngine)
    for module in ("shown.views", "api.searching", "api.videos"):
        monkeypatch.setattr(f"webapp.{module}.engine", SeeingEngine)


@pytest.fixture
def world(db, tmp_path) -> World:
    library = Library.objects.create(name=WORDS_OF["library"])
    cast = people(library)
    return World(library_fill(library, cast["owner"], tmp_path), callers(library, cast))


def test_every_route_and_every_call_stands_in_the_table():
    assert {name for name, _ in routes() if not is_call(name)} == set(ROUTES)
    assert set(calls()) == set(CALLS)


def is_call(name: str) -> bool:
    return name.startswith("api:") and name not in ("api:openapi-json", "api:api-root")


def calls() -> Iterator[str]:
    """Of the API's own list, with those that its description leaves out."""
    for _, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield from (f"{method} {re.sub('{[a-z]+:', '{', path)}" for method in operation.methods)


def test_every_route_answers_as_the_table_says(world: World):
    for name, pattern in routes():
        if not is_call(name):
            path = address(name, pattern, world.known_to(name))
            for method, rule in ROUTES[name].items():
                check(world, f"{method} {name}", rule, asking(world, name, method, path))
    assert not world.wrong, "\n".join(world.wrong)
    assert world.read == set(WORDS_OF)  # a word that the owner reads nowhere could not be missed on any page


def test_what_is_not_in_the_table_is_refused_to_the_owner_too(world: World):
    opened = []
    for name, pattern in routes():
        said = ROUTES.get(name, dict.fromkeys(METHODS))
        for method in set(METHODS) - set(said) if set(said.values()) != {"open"} else ():
            path = address(name, pattern, world.known_to(name))
            with undone():
                status = getattr(world.callers["owner"](), method.lower())(path).status_code
                if status not in (403, 404, 405, 412):
                    opened.append((name, method, status))
    assert not opened, opened


def test_every_call_of_the_api_answers_as_the_table_says(world: World):
    for call, (rule, sent) in CALLS.items():
        method, path = call.split()
        check(world, call, rule, calling(world, method, "/api/v1" + path.format(**world.known_to(call)), sent))
    assert not world.wrong, "\n".join(world.wrong)


def asking(world: World, name: str, method: str, path: str) -> Ask:
    if name in ("uploads", "upload-item"):
        names = {LIBRARY: world.known["library_id"], "filename": "x.mp4"}
        said = ",".join(f"{key} {b64encode(str(value).encode()).decode()}" for key, value in names.items())
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Offset": "0", "Upload-Metadata": said}
        body = {"content_type": "application/offset+octet-stream"} if method == "PATCH" else {}
        return lambda client: getattr(client, method.lower())(path, headers=headers, **body)
    sent = SENT if method == "POST" else ASKED | {"id": str(world.known["video_id"])}
    return lambda client: getattr(client, method.lower())(path, sent if method in ("GET", "POST") else None)


def calling(world: World, method: str, path: str, sent: dict[str, object]) -> Ask:
    def ask(client: Client) -> HttpResponseBase:
        files = {name: SimpleUploadedFile("x.mp4", data) for name, data in sent.items() if isinstance(data, bytes)}
        if files:
            return client.post(path, files | {LIBRARY: str(world.known["library_id"])})
        if method == "GET":
            return client.get(path, ASKED)
        return getattr(client, method.lower())(path, sent, content_type="application/json")

    return ask


def check(world: World, what: str, rule: str, ask: Ask) -> None:
    """Everyone asks. Who is refused reads nothing and changes nothing; a read changes nothing for anyone."""
    for who, expected in met(rule).items():
        with undone() as written:
            answer = ask(world.callers[who]())
            found = outcome(answer)
            told = words_in(answer)
        if who == "owner":
            world.read |= told
        told -= READABLE.get(who, RUNNING if (who, rule) == ("operator", "run") else set())
        written -= ALWAYS_WRITTEN if expected != "ok" or what.startswith(READS) else written
        if found != expected:
            world.wrong.append(f"{what} meets {who} with {found} ({answer.status_code}), not {expected}")
        if told:
            world.wrong.append(f"{what} tells {who} the words of {sorted(told)}")
        if written:
            world.wrong.append(f"{what} as {who} writes to {sorted(written)}")


def outcome(answer: HttpResponseBase) -> str:
    if answer.status_code == 302 and answer["Location"].startswith("/sign-in"):
        return "door"
    return str(answer.status_code) if answer.status_code in (401, 403, 404, 405, 412, 500) else "ok"


def words_in(answer: HttpResponseBase) -> set[str]:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return {name for name, word in WORDS_OF.items() if word.encode() in body}


@contextmanager
def undone() -> Iterator[set[str]]:
    """The tables that are written to meanwhile; all of it is taken back."""
    written: set[str] = set()

    def watch(execute, sql, params, many, context):
        written.update(re.findall(r'^(?:INSERT INTO|UPDATE|DELETE FROM)\s+"(\w+)"', sql))
        return execute(sql, params, many, context)

    cache.clear()  # rates and wrong links are counted there
    with transaction.atomic(), connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)


# What shows many things shows a stranger nothing of what others have: not in counts, suggestions or scores either.

SHOWS_MANY = (
    *("/", "/search?q=dog", "/search?q=rocket", "/search?q=Titlewordx", "/fragments/examples", "/upload", "/keys"),
    *("/help", "/library/new", "/api/v1/libraries", "/api/v1/videos", "/api/v1/videos?trashed=true"),
    *("/api/v1/search?q=dog", "/api/v1/search?q=dog then cat", "/api/v1/searches"),
)
VOLATILE = re.compile(rb'csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"|"(?:took|total)_ms": [\d.]+|[\d.]+ ms')


def test_a_strangers_pages_are_the_same_whatever_others_have(db, tmp_path):
    library = Library.objects.create(name=WORDS_OF["library"])
    cast = people(library)
    own = Library.objects.create(name="Own")
    own.memberships.create(user=cast["stranger"], role="owner")
    mine = add_video(own, stored_space(), [showing("dog"), showing("cat"), showing("snow")], title="Mine")
    stranger = callers(library, cast)["stranger"]
    like = f"/search?like={mine.pk}@1"
    before = {path: plain(stranger().get(path)) for path in (*SHOWS_MANY, like)}
    assert b"Mine" in before["/search?q=dog"]
    library_fill(library, cast["owner"], tmp_path)
    for path, said in before.items():
        assert plain(stranger().get(path)) == said, path


def plain(answer: HttpResponseBase) -> bytes:
    cache.clear()
    assert answer.status_code == 200
    return VOLATILE.sub(b"", answer.content)
