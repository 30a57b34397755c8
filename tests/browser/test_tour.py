"""The tour by keys alone, from the first page to the upload; left, and begun again from the help."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import Library
from tests.browser.test_sharing import both
from webapp.tour import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sampled(alice_page: Page, monkeypatch) -> Page:
    """The films are the samples, and the tour asks for what they show."""
    monkeypatch.setattr(steps, "TRY", "red")
    Library.objects.update(is_sample=True)
    alice_page.goto("/")
    return alice_page


def onward(page: Page) -> None:
    """By keys, as one arrives from the step before: the way on is the first stop behind the top of the tour."""
    address = page.url.partition("#")[0]
    page.goto("about:blank")
    page.goto(f"{address}#tour")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def test_it_is_walked_by_keys_and_can_be_begun_again(sampled: Page, shots: Path):
    page, tour = sampled, sampled.locator("#tour")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(tour).to_contain_text("Tour, 1 of 4")
    faults = both(page, "tour-home", shots)
    onward(page)
    expect(page.locator(".hit-row")).not_to_have_count(0)
    expect(tour).to_contain_text("Tour, 2 of 4")
    page.get_by_text("What a match means").click()
    faults += both(page, "tour-search", shots)
    onward(page)
    expect(tour).to_contain_text("Tour, 3 of 4")
    page.get_by_text("What the line shows").click()
    expect(page.get_by_text("The line rises where your words fit.")).to_be_visible()
    faults += both(page, "tour-video", shots)
    onward(page)
    expect(tour).to_contain_text("Tour, 4 of 4")
    faults += both(page, "tour-upload", shots)
    tour.get_by_role("button", name="End the tour").press("Enter")
    expect(tour).to_have_count(0)
    page.goto("/")
    expect(tour).to_have_count(0)
    page.get_by_text("alice", exact=True).click()
    page.get_by_role("link", name="Help and keys").click()
    faults += both(page, "tour-help", shots)
    page.get_by_role("button", name="Start the tour").click()
    expect(tour).to_contain_text("Tour, 1 of 4")
    assert faults == []
