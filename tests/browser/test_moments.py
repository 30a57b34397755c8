"""A moment of the list is explained on demand; moments are taken away: one as a clip, all as files."""

import csv
from collections.abc import Callable
from pathlib import Path

import opentimelineio as otio
import pytest
from playwright.sync_api import Page, expect

from indexer.models import Video
from model_server.frames.reader import probe
from tests.browser.test_look import glance, look

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


def clips(adapter: str) -> Callable[[str], int]:
    """How many clips an editor reads of a cut list."""
    return lambda text: len(list(otio.adapters.read_from_string(text, adapter).find_clips()))


def cues(text: str) -> int:
    assert text.startswith("WEBVTT\n\n")
    return text.count(" --> ")


# How the link is called, the ending of the file, and how many moments a reader finds in it.
FILES: dict[str, tuple[str, Callable[[str], int]]] = {
    "a table": (".csv", lambda text: len(list(csv.DictReader(text.splitlines())))),
    "chapters": (".vtt", cues),
    "EDL": (".edl", clips("cmx_3600")),
    "FCPXML": (".fcpxml", clips("fcpx_xml")),
}


def test_the_moments_are_taken_away_as_files_that_editors_read(alice_page: Page, films: dict[str, Video], shots: Path):
    alice_page.goto(f"/v/{films['Evening'].pk}?q=blue")
    listed = alice_page.locator("[data-found] li")
    faults = glance(alice_page, "moments-files", shots)
    for least, n_moments in (("60", 2), ("0", 1)):  # at 0 all of the film is one moment
        alice_page.get_by_label("Least match that counts as a moment").fill(least)
        expect(listed).to_have_count(n_moments)
        for name, (ending, moments_in) in FILES.items():
            with alice_page.expect_download() as taken:
                alice_page.get_by_role("link", name=name, exact=True).click()
            assert taken.value.suggested_filename == f"evening-blue{ending}"
            assert moments_in(taken.value.path().read_text(encoding="utf-8")) == n_moments, name
    alice_page.goto(f"/v/{films['Evening'].pk}?q=rocket")
    expect(alice_page.locator("[data-found-none]")).to_be_visible()
    expect(alice_page.get_by_role("link", name="a table")).to_be_hidden()  # there is nothing to take away
    assert faults == []
