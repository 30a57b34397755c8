"""An editor chooses how a library's videos are read, and is told what was read the other way."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import IndexMode, Video
from tests.browser.test_look import glance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_library_is_read_fast_from_now_on(alice_page: Page, films: dict[str, Video], shots: Path):
    film = films["Evening"]
    alice_page.goto(f"/library/{film.library_id}")
    alice_page.get_by_role("link", name="Reading").click()
    alice_page.get_by_role("button", name="Read videos in this way (Fast)").click()
    expect(alice_page.get_by_text("Saved: videos are read in this way from now on.")).to_be_visible()
    expect(alice_page.get_by_text("videos of this library were read the other way")).to_be_visible()
    assert glance(alice_page, "reading", shots) == []
    film.library.refresh_from_db()
    assert film.library.index_mode == IndexMode.FAST
