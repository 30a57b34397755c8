"""The upload page in a real chromium: the vendored tus-js-client, pauses, reloads, refusals, and rows on to ready."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from indexer.models import Membership, Video
from tests.tus_client import VIDEO
from tests.web_process import Web, web
from webapp.uploads import parts
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload

__all__ = ["web"]
pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PATIENCE_MS = 120_000  # a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE_MS)
FILE = VIDEO[:32] + random.Random(3).randbytes(20 * 2**20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed; with it (apt-get install chromium) the browser tests run")
    # Playwright's loop runs in this thread, and Django would refuse the database beside any loop.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def page(browser: Browser, web: Web, alice, library) -> Iterator[Page]:
    """Alice, on the upload page. What the page logs as an error fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    cookies = (pair.split("=") for pair in web.session(alice)["Cookie"].split("; "))
    context.add_cookies([{"name": name, "value": value, "url": web.url} for name, value in cookies])
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
    # A page that is left drops what it was still loading (ERR_ABORTED): the test did that.
    opened.on(
        "requestfailed",
        lambda sent: (
            problems.append(f"{sent.url}: {sent.failure}")
            if "/static/" in sent.url and sent.failure != "net::ERR_ABORTED"
            else None
        ),
    )
    opened.on(
        "response",
        lambda got: (
            problems.append(f"{got.url}: {got.status}") if "/static/" in got.url and got.status >= 400 else None
        ),
    )
    opened.goto(f"{web.url}/upload")
    yield opened
    context.close()
    assert not problems


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    path = tmp_path / "Lake day.mp4"
    path.write_bytes(FILE)
    return path


def slowly(page: Page, bytes_per_second: int) -> None:
    """A line as slow as people's lines are: else there is nothing to pause."""
    network = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    network.send("Network.emulateNetworkConditions", limits)


def keep(page: Page, name: str) -> None:
    """A screenshot, where the run keeps some."""
    if folder := os.environ.get("SEEKFRAME_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def row(page: Page, text: str = "Lake day"):
    return page.locator(".upload-row", has_text=text)


def until(page: Page, true: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_MS // 50):
        if true():
            return
        page.wait_for_timeout(50)
    pytest.fail("it did not happen")


def sent_bytes() -> int:
    upload = Upload.objects.first()
    return parts.offset(upload.pk) if upload else 0


def test_a_file_is_paused_resumed_reloaded_and_becomes_a_video(page, web, lake, library):
    slowly(page, 2 * 2**20)
    page.set_input_files("[data-pick]", lake)
    expect(row(page).locator(".state")).to_contain_text("a second")
    until(page, lambda: sent_bytes() > len(FILE) // 8)
    keep(page, "upload-sending")
    row(page).get_by_role("button", name="Pause").click()
    expect(row(page).locator(".state")).to_contain_text("Paused at")
    keep(page, "upload-paused")
    row(page).get_by_role("button", name="Resume").click()
    expect(row(page).get_by_role("button", name="Pause")).to_be_visible()

    page.reload()
    expect(row(page).locator(".state")).to_contain_text("Choose the same file again to go on")
    before = sent_bytes()
    assert 0 < before < len(FILE)
    keep(page, "upload-reloaded")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.method))
    slowly(page, -1)
    page.set_input_files("[data-pick]", lake)
    expect(page.locator(".upload-row")).to_have_count(1)  # the row that waited goes once the file is recognised
    expect(row(page).locator(".state")).to_contain_text("checking the file")
    assert "POST" not in requests  # it went on with the upload that was there
    assert page.locator(".upload-row").count() == 1

    upload = Upload.objects.get()
    assert parts.part_path(upload.pk).read_bytes() == FILE
    upload_finish(upload_id=upload.pk)
    expect(row(page).locator(".state")).to_have_text("Waiting for a worker")
    Video.objects.update(status="indexing", stage="decode", progress=0.4)
    expect(row(page).locator(".state")).to_contain_text("Decoding, 40 %")
    keep(page, "upload-indexing")
    Video.objects.update(status="ready", media_status="ready", progress=1)
    expect(row(page).locator(".state")).to_have_text("Ready")
    expect(page.locator("[data-sum]")).to_have_text("1 of 1 ready")
    keep(page, "upload-ready")
    assert row(page).get_by_role("link", name="Lake day.mp4").get_attribute("href") == f"/v/{upload.pk}"


def test_the_real_client_goes_on_after_breaks_at_random_places(page, lake):
    dice = random.Random(5)
    slowly(page, 10 * 2**20)
    page.set_input_files("[data-pick]", lake)
    for _ in range(4):
        page.wait_for_timeout(dice.randrange(50, 400))
        page.context.set_offline(True)
        page.wait_for_timeout(dice.randrange(50, 200))
        page.context.set_offline(False)
    expect(row(page).locator(".state")).to_contain_text("checking the file")
    assert parts.part_path(Upload.objects.get().pk).read_bytes() == FILE


def test_what_will_not_be_taken_is_refused_before_a_byte_is_sent(page, tmp_path):
    names = {"notes.txt": b"words", "empty.mp4": b"", "photo.mp4": b"\x89PNG\r\n\x1a\n" + bytes(2000)}
    for name, data in names.items():
        (tmp_path / name).write_bytes(data)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.set_input_files("[data-pick]", [tmp_path / name for name in names])
    expect(row(page, "notes").locator(".state")).to_have_text(
        "A file that ends in .txt is not a video that can be read here."
    )
    expect(row(page, "empty").locator(".state")).to_have_text("This file is empty.")
    expect(row(page, "photo").locator(".state")).to_contain_text("does not hold a video")
    keep(page, "upload-refused")
    assert not [url for url in requests if "/uploads/" in url]
    assert not Upload.objects.exists()
    row(page, "notes").get_by_role("button", name="Remove").click()
    expect(page.locator(".upload-row")).to_have_count(2)


def test_files_are_taken_wherever_they_are_dropped(page):
    page.evaluate(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File(["x"], "dropped.txt"));
          const drop = (kind) => document.body.dispatchEvent(
            new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
          drop("dragover");
          drop("drop");
        }"""
    )
    expect(row(page, "dropped").locator(".state")).to_contain_text("not a video")


def test_cancelling_gives_the_servers_room_back(page, lake):
    slowly(page, 2**20)
    page.set_input_files("[data-pick]", lake)
    until(page, lambda: sent_bytes() > 0)
    row(page).get_by_role("button", name="Cancel").click()
    expect(page.locator(".upload-row")).to_have_count(0)
    assert Upload.objects.get().status == "cancelled"
    assert not parts.stored_ids()


def test_who_may_only_watch_is_told_so(page, library, web):
    Membership.objects.update(role="viewer")
    page.reload()
    expect(page.get_by_text("there is no library you can add videos to")).to_be_visible()
    assert page.locator("[data-pick]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_the_page(page, tmp_path, alice, library, scheme):
    Upload.objects.create(library=library, owner=alice, title="Half", file_name="Half.mp4", size_bytes=1000)
    (tmp_path / "notes.txt").write_text("words")
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.set_input_files("[data-pick]", tmp_path / "notes.txt")
    expect(row(page, "notes")).to_be_visible()
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert not found, found
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        keep(page, f"upload-{scheme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
