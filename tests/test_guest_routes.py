"""Every route of the site as a guest: what is not on this list is closed, so a route added later is closed as well."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from indexer.models import LabelSet, Library, LikelyCopy, Membership, Video
from indexer.services import library_create
from tests.search_world import FakeEngine, add_video, showing, stored_space
from tests.test_webmedia import picture, put
from webapp.api.models import key_make
from webapp.languages.views import version_of
from webapp.saved.models import SavedSearch
from webapp.sharing.models import ShareLink
from webapp.sharing.services import invitation_make, link_make
from webapp.shown.models import ShownPicture
from webapp.sources.models import Source, SourceItem
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
# What a guest may read, of the shared library alone.
OF_A_VIDEO = {
    *("video", "segments-vtt", "segments-json", "video-moments", "video-why"),
    *("fragment-video", "fragment-captions", "fragment-segments", "fragment-transcript"),
    *("transcript-vtt", "transcript-json"),
    *("media-play", "media-poster", "media-storyboard", "media-frame", "media-clip"),
}
WANTS_MORE = {"media-clip"}  # 400 without the part that is wanted
OF_A_LIBRARY = {"library"}
OF_WHAT_IS_VISIBLE = {"home", "search", "fragment-cards", "fragment-examples", "help"}
ASKED = {"video-ask"}
# Open to anyone on earth, and silent about what is stored.
OPEN_TO_ALL = {
    "sign-in", "account_login", "shared-left", "healthz", "manifest", "language", "texts", "api:openapi-json",
    "uploads", "upload-item",
}  # fmt: skip
LEAVES = {"shared-leave"}  # takes away the guest's own session: tests/test_share_sweep.py
SHUT = {302, 401, 403, 404, 405}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    cache.clear()
    for module in ("search", "video", "why", "ask", "examples"):
        monkeypatch.setattr(f"webapp.pages.{module}.engine", FakeEngine)


def routes(patterns=None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route with its name."""
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            yield f"{space}{pattern.name}", pattern


def filled(library: Library, owner, tmp_path: Path) -> dict[str, object]:
    """A library with one of everything, and the arguments that name it in addresses."""
    video = add_video(library, stored_space(), [showing("dog")] * 4, title="Dog")
    twin = add_video(library, stored_space(), [showing("cat")] * 4, title="Twin")
    video.poster = put(f"videos/{video.pk}/poster.jpg", picture(["red"], 1, 1), tmp_path)
    video.original = put(f"videos/{video.pk}/original", b"film", tmp_path)
    video.storyboard = {"sprites": [video.poster], "columns": 1, "rows": 1, "tile_width_px": 32, "tile_height_px": 16}
    video.storyboard |= {"interval_s": 2.0, "n_tiles": 1}
    video.save()
    link, _ = link_make(library=library, made_by=owner, name="x", days=1)
    invitation, _ = invitation_make(library=library, made_by=owner, role="viewer")
    upload = Upload.objects.create(library=library, owner=owner, title="x", file_name="x.mp4", size_bytes=9)
    source = Source.objects.create(library=library, owner=owner, kind="folder", place="/x")
    shown = ShownPicture.objects.create(owner=owner, space=stored_space(), embedding=b"", thumbnail=b"")
    return {
        "library_id": library.pk,
        "video_id": video.pk,
        "user_id": owner.pk,
        "link_id": link.pk,
        "invitation_id": invitation.pk,
        "upload_id": upload.pk,
        "picture_id": shown.pk,
        "source_id": source.pk,
        "item_id": SourceItem.objects.create(source=source, key="x").pk,
        "copy_id": LikelyCopy.objects.create(first=video, second=twin, share=0.9).pk,
        "set_id": LabelSet.objects.create(library=library, name="Set").pk,
        "search_id": SavedSearch.objects.create(owner=owner, name=str(library.pk), asked="q=dog").pk,
        "key_id": key_make(owner_id=owner.pk, name="k", scope="write", days=None)[0].pk,
        "pk": 1,
        "sheet": 0,
        "ending": "csv",
        "language": "en",
        "version": version_of("en"),
        "kind": "said",
        "secret": "x" * 43,
    }


@pytest.fixture
def shared(library: Library, alice, tmp_path) -> dict[str, object]:
    return filled(library, alice, tmp_path)


@pytest.fixture
def elsewhere(alice, tmp_path) -> dict[str, object]:
    return filled(library_create(name="Elsewhere", owner=alice), alice, tmp_path)


@pytest.fixture
def guest(library: Library, alice) -> Client:
    _, secret = link_make(library=library, made_by=alice, name="link", days=1)
    client = Client()
    assert client.get(reverse("shared", args=[secret])).status_code == 302
    return client


def address(name: str, pattern: URLPattern, known: dict[str, object]) -> str:
    wanted = pattern.pattern.converters
    assert not set(wanted) - set(known), f"{name}: say in `filled` what {set(wanted) - set(known)} is"
    return reverse(name, kwargs={key: known[key] for key in wanted})


def call(guest: Client, method: str, path: str) -> int:
    cache.clear()  # wrong links and the API's rate are counted there
    return getattr(guest, method)(path, {"q": "dog"} if method == "get" else None).status_code


def contents() -> list[int]:
    tables = (Library, Membership, Video, LabelSet, SavedSearch, ShareLink, ShownPicture, Upload)
    return [table.objects.count() for table in tables]


def test_what_is_not_on_the_list_is_closed(guest, shared, elsewhere):
    before, opened = contents(), set()
    allowed = OF_A_VIDEO | OF_A_LIBRARY | OF_WHAT_IS_VISIBLE | ASKED
    for name, pattern in (route for route in routes() if route[0] not in LEAVES):
        for known in (shared, elsewhere):
            path = address(name, pattern, known)
            methods = METHODS if known is shared else ("get", "post", "delete")
            answers = {method: call(guest, method, path) for method in methods}
            if name in allowed:
                opened |= {name for status in answers.values() if status == 200}
            elif name not in OPEN_TO_ALL:
                assert set(answers.values()) <= SHUT, f"{name} {path} is open to guests: {answers}"
    assert opened == allowed - WANTS_MORE
    assert contents() == before
    video = Video.objects.get(pk=shared["video_id"])
    assert (video.title, video.status) == ("Dog", "ready")


def test_what_is_on_the_list_is_only_looked_at(guest, shared):
    by_name = dict(routes())
    for name in OF_A_VIDEO | OF_A_LIBRARY | OF_WHAT_IS_VISIBLE:
        path = address(name, by_name[name], shared)
        statuses = {method: call(guest, method, path) for method in METHODS if method not in ("get", "head")}
        assert set(statuses.values()) == {403}, f"{name}: {statuses}"
        assert call(guest, "get", path) == (400 if name in WANTS_MORE else 200)
    for name in ASKED:
        path = address(name, by_name[name], shared)
        assert {call(guest, method, path) for method in METHODS if method != "post"} == {403}


def test_what_is_on_the_list_is_not_there_for_another_library(guest, shared, elsewhere):
    by_name = dict(routes())
    for name in OF_A_VIDEO | OF_A_LIBRARY | ASKED:
        path = address(name, by_name[name], elsewhere)
        answers = {call(guest, "post" if name in ASKED else method, path) for method in ("get", "head")}
        assert answers <= {404, 405}, f"{name}: {answers}"
        assert 404 in answers


def test_what_shows_many_shows_nothing_of_another_library(guest, shared, elsewhere):
    Library.objects.filter(pk=shared["library_id"]).update(name="Shared with guests")
    cards = f"/fragments/cards?id={elsewhere['video_id']}&id={shared['video_id']}"
    for path in ("/", "/search?q=dog", "/fragments/examples", cards, "/search?q=rocket"):
        page = guest.get(path).content.decode()
        assert f"/v/{elsewhere['video_id']}" not in page
        assert "Elsewhere" not in page
    assert guest.get(f"/search?q=dog&library={elsewhere['library_id']}").status_code == 400
    assert guest.get(f"/search?like={elsewhere['video_id']}@1").status_code == 400
    assert guest.get(f"/search?like={shared['picture_id']}").status_code == 400


def test_what_is_open_to_all_tells_a_guest_nothing(guest, shared):
    for path in ("/api/v1/libraries", "/api/v1/videos", "/api/v1/search?q=dog", f"/api/v1/videos/{shared['video_id']}"):
        assert guest.get(path).status_code == 401
    tus = {"Tus-Resumable": "1.0.0"}
    assert guest.post("/uploads/", headers={**tus, "Upload-Length": "9"}).status_code == 401
    assert guest.head(f"/uploads/{shared['upload_id']}", headers=tus).status_code == 401


def test_a_guests_browser_keeps_no_picture_and_no_film(guest, shared):
    by_name = dict(routes())
    for name in ("media-play", "media-poster", "media-storyboard", "media-frame"):
        assert guest.get(address(name, by_name[name], shared))["Cache-Control"] == "private, max-age=0"


def test_without_a_link_nothing_on_the_list_opens(client, shared, alice):
    by_name = dict(routes())
    for name in OF_A_VIDEO | OF_A_LIBRARY | OF_WHAT_IS_VISIBLE | ASKED:
        answer = client.get(address(name, by_name[name], shared))
        assert (answer.status_code, answer["Location"][:8]) == (302, "/sign-in")
    forged = Client()
    session = forged.session
    session["share-link"] = uuid.uuid4().int % 2**31
    session.save()
    assert forged.get("/").status_code == 404
