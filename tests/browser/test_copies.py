"""A copy that was sent: the note beside it, “Not a copy”, and the way back on the library's page."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import Video
from search.copies_kept import copies_find_new
from tests.browser.conftest import work
from tests.browser.films import make_film
from tests.browser.test_sharing import both
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_copy_is_noticed_dismissed_and_taken_back(
    alice_page: Page, films: dict[str, Video], tmp_path: Path, shots: Path
):
    page = alice_page
    page.goto("/upload")
    page.locator("[data-pick]").set_input_files(make_film(tmp_path / "hedge.mp4", ["purple", "blue", "red"]))
    expect(page.locator("[data-rows] li")).to_contain_text("checking the file")
    upload_finish(upload_id=Upload.objects.get().pk)
    sent = Video.objects.get(title__startswith="hedge")
    work(sent)
    copies_find_new()
    expect(page.locator("[data-rows] li")).to_contain_text("It looks like a copy of Evening")
    faults = both(page, "copy-upload", shots)
    page.locator("[data-rows] li").get_by_role("link", name="hedge").click()
    note = page.locator(".copy-note").filter(has_text="Evening")
    expect(note).to_contain_text("It looks like a copy of Evening")
    faults += both(page, "copy-video", shots)
    note.get_by_role("button", name="Not a copy").click()
    expect(page.get_by_role("status").first).to_contain_text("no longer count as copies")
    expect(note).to_have_count(0)
    page.goto(f"/library/{sent.library_id}")
    page.get_by_text("Not copies: 1").click()
    faults += both(page, "copy-library", shots)
    page.get_by_role("button", name="Show as copies again").click()
    expect(page.get_by_role("heading", name="These look like copies of each other")).to_be_visible()
    faults += both(page, "copy-library-again", shots)
    assert faults == []
