"""A moment of the list is explained on demand, and can be taken away as a clip."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import Video
from model_server.frames.reader import probe
from tests.browser.test_look import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_moment_is_explained_and_cut_out(alice_page: Page, films: dict[str, Video], shots: Path, tmp_path: Path):
    alice_page.goto(f"/v/{films['Evening'].pk}?q=red&t=18")
    alice_page.get_by_role("button", name="Why the moment on screen?").click()
    why = alice_page.locator("#why")
    expect(why).to_contain_text("a hit: those begin at")
    faults = []
    for theme in ("light", "dark"):
        alice_page.emulate_media(color_scheme=theme)
        faults += look(alice_page, "why", theme, shots)
    with alice_page.expect_download() as taken:
        alice_page.get_by_role("link", name="as a clip").first.click()
    taken.value.save_as(tmp_path / "clip.mp4")
    assert 4 < probe(tmp_path / "clip.mp4").duration_s < 16
    assert faults == []
