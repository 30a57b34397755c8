"""A list of names is pasted, the library is labelled while the page is open, and a label leads to its moments."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import LabelSet, Video
from search import labels
from tests.browser.films import ColourWords
from tests.browser.test_look import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_library_is_labelled_and_searched_by_label(alice_page: Page, films: dict[str, Video], shots: Path):
    film = films["Evening"]
    alice_page.goto(f"/library/{film.library_id}")
    alice_page.get_by_role("link", name="Labels").click()
    alice_page.get_by_label("Name of the set").fill("Colours")
    alice_page.get_by_label("Names", exact=True).fill("blue\nred\nsomething else")
    alice_page.get_by_role("button", name="Label the library").click()
    expect(alice_page.get_by_text("segments labelled")).to_be_visible()
    faults = look(alice_page, "labels-waiting", "light", shots)
    labels.label_missing(LabelSet.objects.get(), ColourWords())
    expect(alice_page.get_by_text("with a sure label")).to_be_visible()
    for theme in ("light", "dark"):
        alice_page.emulate_media(color_scheme=theme)
        faults += look(alice_page, "labels", theme, shots)
    with alice_page.expect_download() as download:
        alice_page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("video,start_s,end_s,label")
    alice_page.get_by_role("link", name="blue").click()
    expect(alice_page.get_by_text("labelled blue")).to_be_visible()
    expect(alice_page.get_by_label("labelled")).to_have_value(str(LabelSet.objects.get().labels.get(name="blue").pk))
    faults += look(alice_page, "labels-search", "light", shots)
    alice_page.go_back()
    alice_page.get_by_text("Delete the set").click()
    alice_page.get_by_role("button", name="Delete these labels").click()
    expect(alice_page.get_by_text("The set Colours is deleted.")).to_be_visible()
    assert faults == []
