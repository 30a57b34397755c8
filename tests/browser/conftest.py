"""A real chromium, a real web server, a really indexed library."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db.models import Model
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from indexer import pipeline, playable, services
from indexer.models import Anchor, Library, Membership, Segment, Space, Stream, Video
from tests.browser.films import ColourWords, make_film
from tests.model_servers import ready
from webapp import model

PASSWORD = "correct horse battery"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PATIENCE_MS = 90_000  # a busy machine is slow, not wrong
HOW_TO_GET_IT = "no chromium: apt-get install chromium, then run the browser tests again"
ORDER: tuple[type[Model], ...] = (User, Library, Membership, Space, Video, Stream, Segment, Anchor)
FILMS = {
    "Red boat, then green hills": ["red", "green"],
    "A long title that somebody typed in one breath because the camera had run out of battery": ["blue", "yellow"],
    "Evening": ["purple", "blue", "red", "blue"],
}
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Indexed:
    """Rows and files of a library that was indexed once; each test gets them back unharmed."""

    rows: list[list[Model]]
    folder: Path


def storages(folder: Path) -> dict[str, object]:
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    return {
        "default": files,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session")
def indexed(django_db_setup, django_db_blocker, tmp_path_factory) -> Indexed:
    folder = tmp_path_factory.mktemp("browser-storage")
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # as in every test
    with django_db_blocker.unblock(), override_settings(STORAGES=storages(folder), PASSWORD_HASHERS=hashers):
        alice = User.objects.create_user("alice", password=PASSWORD)
        library = services.library_create(name="Colours", owner=alice)
        for title, colours in FILMS.items():
            path = make_film(tmp_path_factory.mktemp("films") / "film.mp4", colours)
            work(services.video_import(library=library, uploaded_by=alice, title=title, path=path))
        rows: list[list[Model]] = [list(table._default_manager.all()) for table in ORDER]
        for table in reversed(ORDER):
            table._default_manager.all().delete()
    return Indexed(rows, folder)


def work(video: Video) -> None:
    """What the workers do when the bell rings."""
    pipeline.index_video(video.pk, ColourWords())
    playable.make_media(video.pk)


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    with ready(ColourWords()) as url:
        yield url


@pytest.fixture
def site(live_server, settings, tmp_path: Path, model_url: str) -> Iterator[str]:
    """The address of the web process, with nothing in it yet."""
    settings.STORAGES = storages(tmp_path / "storage")
    settings.MODEL_SERVER_URL = model_url
    cache.clear()
    model.client.cache_clear()
    yield live_server.url
    model.engine().engine.close()
    model.client.cache_clear()


@pytest.fixture
def films(site: str, settings, indexed: Indexed, tmp_path: Path) -> dict[str, Video]:
    """The indexed library, by title."""
    shutil.copytree(indexed.folder, tmp_path / "storage", dirs_exist_ok=True)
    for table, rows in zip(ORDER, indexed.rows, strict=True):
        table._default_manager.bulk_create(rows)
    return {video.title: video for video in Video.objects.all()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One chromium a module. Not a session: while it lives, its event loop would be in the way of other tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip(HOW_TO_GET_IT)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the same loop makes Django believe that tests are async
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def open_context(browser: Browser, site: str, **choices: Any) -> BrowserContext:
    context = browser.new_context(base_url=site, viewport={"width": 1440, "height": 900}, **choices)
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    made = open_context(browser, site)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, site: str) -> Iterator[Page]:
    """A tab that forgives nothing: an error on the console or a request to another host fails the test."""
    tab = context.new_page()
    faults: list[str] = []
    tab.on("console", lambda m: faults.append(f"{m.text} at {m.location}") if m.type == "error" else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", lambda r: None if r.url.startswith((site, "data:", "blob:")) else faults.append(r.url))
    yield tab
    tab.goto("about:blank")  # what still loads must not meet a database that the next test empties
    assert faults == []


@pytest.fixture
def alice_page(page: Page, context: BrowserContext, films: dict[str, Video]) -> Page:
    """Alice, signed in by the form."""
    sign_in(page)
    return page


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def until(page: Page, expression: str) -> None:
    """Wait for an expression of the page. Playwright's own way asks by eval, which the pages' policy forbids."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where screenshots go: outside the repository, and kept."""
    folder = Path(os.environ["SEEKFRAME_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder
