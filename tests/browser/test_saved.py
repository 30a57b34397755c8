"""A search is saved, stands on the first page, fills itself when a video comes, changes under its name, and goes."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from indexer import services
from indexer.models import Video
from tests.browser.conftest import work
from tests.browser.films import make_film
from tests.browser.test_asking import RED_BOAT, ask, choose, said, titles
from tests.browser.test_look import glance
from webapp.saved.models import SavedSearch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAME = "Green hills"


def save(page: Page, name: str) -> None:
    page.get_by_text("Save", exact=True).first.click()
    page.get_by_label("Save this search as").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text(f"The search {name} is saved. You find it on the first page.")


def test_a_saved_search_fills_itself(alice_page: Page, films: dict[str, Video], tmp_path: Path, shots: Path):
    page = alice_page
    ask(page, "green")
    save(page, NAME)
    faults = glance(page, "saved-search", shots)
    page.goto("/")
    kept = page.get_by_role("region", name="Saved searches").get_by_role("link", name=NAME)
    kept.click()
    expect(titles(page)).to_have_text([RED_BOAT])
    path = make_film(tmp_path / "meadow.mp4", ["green"])
    alice, library = User.objects.get(username="alice"), films["Evening"].library
    work(services.video_import(library=library, uploaded_by=alice, title="Meadow", path=path))
    page.goto("/")
    kept.click()
    expect(titles(page)).to_have_text([RED_BOAT, "Meadow"])
    page.get_by_text("Filters", exact=True).click()
    choose(page, "order", "newest first")
    expect(titles(page)).to_have_text(["Meadow", RED_BOAT])
    save(page, NAME)  # under a name that is taken the new search takes the old one's place
    page.goto("/")
    faults += glance(page, "saved-home", shots)
    kept.click()
    expect(said(page)).to_contain_text("“green” in all libraries, newest first")
    page.goto("/")
    page.get_by_role("button", name=f"Delete the saved search {NAME}").click()
    expect(page.get_by_role("status").first).to_have_text(f"The saved search {NAME} is deleted. The videos stay.")
    expect(page.get_by_role("region", name="Saved searches")).to_have_count(0)
    assert not SavedSearch.objects.exists()
    assert faults == []
