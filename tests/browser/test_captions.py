"""Captions appear under a page that is open, and the player above plays on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from indexer import captions
from indexer.models import Video
from tests.browser.films import COLOURS, ColourWords, embedding
from tests.browser.test_look import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WRONG = "a wall painted yellow, seen from very near and for a long while, until the light over the hills is gone"


class Speaking(ColourWords):
    """Names the colour it sees; where that is red it is wrong at length."""

    def decode(self, embeddings: np.ndarray) -> list[str]:
        return [self.nearest(e) for e in embeddings]

    def nearest(self, seen: np.ndarray) -> str:
        name = max(COLOURS, key=lambda colour: float(embedding(np.array(COLOURS[colour])) @ seen))
        return WRONG if name == "red" else f"a {name} place"

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return super().encode_texts([text.replace(WRONG, "yellow") for text in texts])


def test_captions_appear_while_the_page_is_open(alice_page: Page, films: dict[str, Video], shots: Path):
    video = films["Evening"]
    alice_page.goto(f"/v/{video.pk}?q=blue")
    expect(alice_page.get_by_text("Captions wait for a worker")).to_be_visible()
    alice_page.get_by_role("button", name="Stop captions").click()
    alice_page.get_by_role("button", name="Write captions").click()
    expect(alice_page.get_by_text("Captions wait for a worker")).to_be_visible()
    player = alice_page.locator("[data-screen]").element_handle()
    captions.write_captions(video.pk, Speaking())
    segments = alice_page.locator("#segments")
    expect(segments.get_by_text("a purple place").first).to_be_visible()
    expect(segments.get_by_text("unsure", exact=True)).to_have_count(1)
    expect(segments.get_by_text("Captions wait for a worker")).to_have_count(0)
    assert player.evaluate("element => element.isConnected"), "the page was not asked for anew"
    segments.get_by_role("button").nth(2).click()
    expect(segments.locator("[aria-current=true]")).to_have_count(1)
    with alice_page.expect_download() as download:
        alice_page.get_by_role("link", name="WebVTT").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("WEBVTT\n\n00:00:00.000 --> ")
    faults = [fault for theme in ("light", "dark") for fault in themed(alice_page, theme, shots)]
    alice_page.goto("/search?q=blue")
    expect(alice_page.get_by_text("a blue place").first).to_be_visible()
    faults += look(alice_page, "captions-search", "light", shots)
    assert faults == []


def test_the_detail_slider_cuts_the_strip_again(alice_page: Page, films: dict[str, Video], shots: Path):
    video = films["Evening"]
    alice_page.goto(f"/v/{video.pk}")
    segments, slider = alice_page.locator("#segments"), alice_page.get_by_label("Detail", exact=True)
    tiles = segments.locator("[data-seek]")
    indexed = tiles.count()
    expect(segments.get_by_text(f"{indexed} segments, as indexed")).to_be_visible()
    player = alice_page.locator("[data-screen]").element_handle()
    slider.focus()
    alice_page.keyboard.press("Home")
    expect(segments.get_by_text("as indexed")).to_have_count(0)
    assert tiles.count() < indexed  # four scenes of one colour each cannot be cut finer
    expect(slider).to_be_focused()
    alice_page.keyboard.press("ArrowRight")
    expect(slider).to_have_value("1")
    assert player.evaluate("element => element.currentTime") == 0, "the arrow moves the slider, not the film"
    assert player.evaluate("element => element.isConnected")
    segments.get_by_role("button", name="Caption the").click()
    expect(segments.get_by_text("This model writes no captions.")).to_be_visible()
    assert look(alice_page, "captions-detail", "light", shots) == []


def themed(page: Page, theme: str, shots: Path) -> list[str]:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    return look(page, "captions-video", theme, shots)
