"""A library lived with: videos chosen and tagged, titles changed after a look, the trash and the way back, copies."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.models import LikelyCopy, Tag, Video
from tests.browser.conftest import open_context, sign_in, until
from tests.browser.test_look import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOADED = "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"


def looked(page: Page, name: str, shots: Path) -> list[str]:
    faults = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        faults += look(page, name, theme, shots)
    page.emulate_media(color_scheme="light")
    return faults


def test_videos_are_chosen_and_tagged(alice_page: Page, films: dict[str, Video], shots: Path):
    page, library = alice_page, films["Evening"].library
    first, *_, last = sorted(films.values(), key=lambda film: film.title)
    LikelyCopy.objects.create(first=first, second=last, share=0.91)
    page.goto(f"/library/{library.pk}")
    expect(page.get_by_role("heading", name="These look like copies of each other")).to_be_visible()
    page.get_by_role("link", name="Select").click()
    count = page.locator("[data-count]")
    page.get_by_role("button", name="Select all").click()
    expect(count).to_have_text("3 of 3 selected")
    page.get_by_label("Evening").uncheck()
    expect(count).to_have_text("2 of 3 selected")
    faults = looked(page, "select", shots)
    page.get_by_label("Tag", exact=True).fill("holiday")
    page.get_by_role("button", name="Add the tag").click()
    expect(page.get_by_role("status").first).to_have_text("2 videos tagged “holiday”.")
    faults += looked(page, "library-tagged", shots)
    page.get_by_role("link", name="holiday").first.click()
    expect(page.locator(".card")).to_have_count(2)
    assert faults == []


def test_titles_change_after_a_look(alice_page: Page, films: dict[str, Video], shots: Path):
    page = alice_page
    page.goto(f"/library/{films['Evening'].library_id}/select")
    page.get_by_role("button", name="Select all").click()
    page.get_by_label("Replace").fill("green")
    page.get_by_label("by", exact=True).fill("rolling")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Change 1 title?")).to_be_visible()
    faults = looked(page, "titles", shots)
    page.get_by_role("button", name="Change the title").click()
    expect(page.get_by_text("Red boat, then rolling hills").first).to_be_visible()
    assert faults == []


def test_a_video_is_edited_and_found_by_what_was_said_of_it(alice_page: Page, films: dict[str, Video], shots: Path):
    page = alice_page
    page.goto(f"/v/{films['Evening'].pk}")
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Recorded").fill("2024-07-20T12:00:00")
    page.get_by_label("Tags").fill("beach, grandma")
    faults = looked(page, "edit", shots)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("list", name="Tags")).to_contain_text("grandma")
    faults += looked(page, "video-tagged", shots)
    assert set(Tag.objects.values_list("name", flat=True)) == {"beach", "grandma"}
    page.goto("/search?q=blue&recorded_since=2024-07-20&longer=10")
    page.get_by_label("tagged").select_option("beach")
    expect(page.get_by_text("tagged beach")).to_be_visible()
    expect(page.locator(".hit-row")).to_have_count(1)
    faults += looked(page, "search-filters", shots)
    assert faults == []


def test_into_the_trash_and_back(alice_page: Page, films: dict[str, Video], shots: Path):
    page, library_id = alice_page, films["Evening"].library_id
    page.goto(f"/library/{library_id}/select")
    page.get_by_label("Evening").check()
    page.get_by_role("button", name="Move to the trash").click()
    faults = looked(page, "trash-sure", shots)
    page.get_by_role("button", name="Move to the trash").click()
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_role("link", name="Trash (1)").click()
    expect(page.get_by_text("Gone for good on")).to_be_visible()
    until(page, LOADED)
    faults += looked(page, "trash", shots)
    page.get_by_role("link", name="Empty the trash").click()
    faults += looked(page, "trash-empty-sure", shots)
    page.get_by_role("link", name="Back").click()
    page.get_by_role("button", name="Restore Evening").click()
    expect(page.get_by_role("status").first).to_have_text("Evening is back in its library.")
    page.goto("/search?q=purple")
    expect(page.locator(".hit-row").first).to_contain_text("Evening")
    page.goto(f"/library/{library_id}/trash")
    faults += look(page, "trash-empty", "light", shots)
    assert faults == []


def test_selecting_works_without_script(browser: Browser, site: str, films: dict[str, Video]):
    context = open_context(browser, site, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto(f"/library/{films['Evening'].library_id}/select")
    page.get_by_label("Evening").check()
    page.get_by_role("spinbutton", name="or shift by").fill("2")
    page.get_by_role("button", name="Shift").click()
    expect(page.get_by_role("status").first).to_have_text(
        "No videos shifted by 2 hours; 1 left as it was: no date to shift."
    )
    context.close()
