"""The whole way of one person with real footage: real processes, the weights in the repository, a real browser."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.film import Scene, join
from benchmarks.running import Up
from indexer.samples import CLIPS
from tests.browser.conftest import PASSWORD, open_context, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Whichever of them is on the screen when the test looks: a fast machine passes through most of them unseen.
UNDER_WAY = re.compile("checking the file|Waiting|Starting|Looking|Decoding|Encoding|Cutting|Storing")
ORDER = ("Big Buck Bunny", "A man talks in a car", "Bikes in a street")


@pytest.fixture
def footage(tmp_path: Path) -> tuple[Path, Scene]:
    """Three real clips as one film; the place of its last, the street with bicycles."""
    clips = [(path, title) for title in ORDER if (path := CLIPS[title].path())]
    assert len(clips) == len(ORDER), "the package of the sample clips is not installed"
    film = tmp_path / "day out.mp4"
    return film, join(clips, film)[-1]


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A tab on a Seekframe that was just started, and that nobody has an account on."""
    tmp_path.chmod(0o755)
    up = Up(tmp_path / "var", SEEKFRAME_MODEL="small")
    up.start()
    try:
        up.wait_ready()
        context = open_context(browser, up.address)
        yield context.new_page()
        context.close()
    finally:
        up.end(signal.SIGTERM)


def second(page: Page) -> float:
    until(page, "document.querySelector('video').readyState > 0")
    return float(page.evaluate("document.querySelector('video').currentTime"))


def test_a_real_clip_is_uploaded_becomes_ready_and_is_found_at_the_right_second(
    page: Page, footage: tuple[Path, Scene], shots: Path
):
    film, street = footage

    def shot(name: str) -> None:
        page.screenshot(path=shots / f"real-{name}.png")

    page.goto("/")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    shot("1-setup")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Nothing to search yet")).to_be_visible()
    shot("2-home-empty")

    page.goto("/upload")
    page.locator("[data-pick]").set_input_files(film)
    row = page.locator("[data-rows] li")
    expect(row).to_contain_text(UNDER_WAY)
    shot("3-indexing")
    expect(row).to_contain_text("Ready")
    shot("4-ready")

    page.goto("/")
    expect(page.locator(".card img")).to_be_visible()
    page.wait_for_load_state("networkidle")
    shot("5-home")
    page.get_by_role("searchbox").fill("a bicycle in a street")
    page.keyboard.press("Enter")
    expect(page.locator("[data-moment][aria-current]")).to_have_count(1)
    assert street.start_s <= second(page) <= street.end_s
    page.wait_for_load_state("networkidle")
    shot("6-search")

    page.keyboard.press("o")
    page.wait_for_url(re.compile(r"/v/.+t="))
    assert street.start_s <= second(page) <= street.end_s
    shot("7-video")
    page.locator("body").press(" ")
    until(page, "!document.querySelector('video').paused")

    page.goto("/search?q=xyzzy")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing matches “xyzzy”")
    shot("8-nothing")
