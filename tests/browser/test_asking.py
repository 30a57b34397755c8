"""The search form is filled in and says itself back: filters, signs, mistakes, orders, the least match, parts."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from indexer.models import Caption, Video
from tests.browser.conftest import open_context, sign_in
from tests.browser.test_look import glance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RED_BOAT = "Red boat, then green hills"
LONG = "A long title that somebody typed in one breath because the camera had run out of battery"
EVENING = "Evening"


def said(page: Page) -> Locator:
    """The line that says what was understood and how much was found."""
    return page.locator(".understood")


def titles(page: Page) -> Locator:
    return page.locator(".hit-about h2")


def ask(page: Page, words: str) -> None:
    box = page.get_by_role("searchbox", name="Search your videos")
    box.fill(words)
    box.press("Enter")


def choose(page: Page, label: str, option: str) -> None:
    """A choice applies at once."""
    page.get_by_role("combobox", name=label, exact=True).select_option(label=option)


def parts_of(page: Page, title: str) -> Locator:
    """The chips under the one hit of a video."""
    return page.locator(".hit-row").filter(has_text=title).get_by_role("list", name="Parts of the query")


def caption(film: Video, at_s: float) -> None:
    """One segment has a caption, as a model with a decoder would leave it."""
    seen = film.segments.filter(start_s__lte=at_s).order_by("start_s").last()
    span = {"start_s": seen.start_s, "end_s": seen.end_s}
    Caption.objects.create(video=film, space=seen.space, text="a wall in red light", agreement=0.9, **span)


def test_filters_are_filled_in_and_said_back(alice_page: Page, films: dict[str, Video], shots: Path):
    page = alice_page
    caption(films[EVENING], at_s=18)
    ask(page, "red")
    expect(titles(page)).to_have_count(3)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("added from").fill("2020-01-01")
    page.get_by_label("longer than").fill("20 s")
    page.get_by_role("button", name="Apply").click()
    expect(said(page)).to_contain_text("“red” in all libraries, added from 1 Jan 2020, longer than 0:20: ")
    expect(titles(page)).to_have_text([EVENING])
    for label, option, words in (
        ("In", "Colours", "“red” in Colours, added from"),
        ("picture", "landscape", "landscape pictures"),
        ("uploaded by", "alice", "uploaded by alice"),
        ("captions", "with a caption", "with a caption"),
    ):
        choose(page, label, option)
        expect(said(page)).to_contain_text(words)
    expect(said(page)).to_contain_text("1 moment in 1 video")
    expect(page.locator(".moment-words")).to_have_text("a wall in red light")
    faults = glance(page, "asking-filters", shots)
    choose(page, "picture", "portrait")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing matches “red”")
    expect(page.get_by_text("There is nothing indexed in Colours, added from 1 Jan 2020")).to_be_visible()
    faults += glance(page, "asking-filters-nothing", shots)
    page.get_by_role("link", name="Clear").click()
    expect(titles(page)).to_have_count(3)
    assert faults == []


def test_signs_are_written_by_the_form_or_typed_and_said_back(alice_page: Page, shots: Path):
    page = alice_page
    ask(page, "red")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("without", exact=True).fill("yellow")
    page.get_by_label("then", exact=True).fill("blue")
    choose(page, "within", "2 minutes")
    page.get_by_role("button", name="Apply").click()
    expect(said(page)).to_contain_text("“red” without “yellow”, then within 2 min “blue” in all libraries: ")
    expect(page.get_by_role("searchbox")).to_have_value('red -"yellow" then blue within 120 s')
    expect(titles(page)).to_have_text([EVENING])
    expect(page.locator("[data-moment] .time")).to_contain_text([" → "])
    faults = glance(page, "asking-then", shots)
    ask(page, '"evening" blue rather than purple -green')
    asked_back = "“evening blue” rather than “purple” without “green” where title or caption say “evening”"
    expect(said(page)).to_contain_text(f"{asked_back} in all libraries: 2 moments in 1 video")
    expect(titles(page)).to_have_text([EVENING])
    faults += glance(page, "asking-signs", shots)
    assert faults == []


def test_a_mistake_says_where_it_is_and_is_mended(browser: Browser, site: str, films: dict[str, Video], shots: Path):
    context = open_context(browser, site)  # its console may speak of the refusals
    page = context.new_page()
    sign_in(page)
    ask(page, 'red "boat')
    expect(page.get_by_role("heading", level=1)).to_have_text("This search cannot be understood")
    expect(page.get_by_role("alert")).to_have_text("This quotation mark is never closed. (character 5)")
    expect(page.locator(".mistake mark")).to_have_text('"boat')
    faults = glance(page, "asking-mistake", shots)
    ask(page, "red then")
    expect(page.locator(".mistake mark")).to_have_text("then")
    expect(page.get_by_role("alert")).to_contain_text("“then” has nothing after it.")
    expect(page.get_by_role("alert")).to_contain_text("(character 5)")
    page.get_by_role("searchbox").press("End")
    page.get_by_role("searchbox").press_sequentially(" green")
    page.get_by_role("searchbox").press("Enter")
    expect(said(page)).to_contain_text("“red”, then within 30 s “green” in all libraries: ")
    expect(titles(page)).to_have_text([RED_BOAT])
    context.close()
    assert faults == []


def test_orders_and_the_least_match_that_the_page_remembers(alice_page: Page, films: dict[str, Video], shots: Path):
    page = alice_page
    for day, title in enumerate((EVENING, RED_BOAT, LONG), start=1):
        Video.objects.filter(title=title).update(created_at=timezone.now().replace(year=2025, month=1, day=day))
    ask(page, "yellow")
    expect(titles(page).first).to_have_text(LONG)
    page.get_by_text("Filters", exact=True).click()
    for option, order in (
        ("newest first", [LONG, RED_BOAT, EVENING]),
        ("oldest first", [EVENING, RED_BOAT, LONG]),
        ("by place in the video", [RED_BOAT, LONG, EVENING]),
    ):
        choose(page, "order", option)
        expect(said(page)).to_contain_text(option)
        expect(titles(page)).to_have_text(order)
    faults = glance(page, "asking-by-place", shots)
    page.get_by_label("match of at least").fill("70")
    expect(said(page)).to_contain_text("matching 70 % or more, by place in the video: 1 moment in 1 video")
    ask(page, "red")
    expect(said(page)).to_contain_text("“red” in all libraries, matching 70 % or more: 2 moments in 2 videos")
    expect(page.get_by_label("match of at least")).to_have_value("70")
    page.get_by_role("link", name="as fitted").click()
    expect(said(page)).not_to_contain_text("matching")
    expect(titles(page)).to_have_count(3)
    assert faults == []


def test_the_parts_of_a_query_stand_under_each_hit_and_lead_to_the_question(alice_page: Page, shots: Path):
    page = alice_page
    ask(page, "purple, yellow")
    expect(titles(page)).to_have_count(3)
    page.get_by_text("Filters", exact=True).click()
    choose(page, "parts", "all seen")
    expect(said(page)).to_contain_text("“purple, yellow” in all libraries, all parts seen: 2 moments in 2 videos")
    expect(titles(page).filter(has_text=LONG)).to_have_count(0)  # it is yellow, and blue
    ask(page, "green, yellow")
    for title, green in ((LONG, "not sure"), (EVENING, "not seen")):
        expect(parts_of(page, title).get_by_role("listitem")).to_have_text([f"green: {green}", "yellow: seen"])
    faults = glance(page, "asking-parts", shots)
    page.get_by_text("Filters", exact=True).click()
    choose(page, "parts", "none clearly missing")
    expect(said(page)).to_contain_text("no part missing")
    expect(titles(page)).to_have_text([LONG])
    choose(page, "parts", "some may be missing")
    parts_of(page, EVENING).get_by_role("link").filter(has_text="green: not seen").click()
    page.wait_for_url("**#ask")
    expect(page.get_by_label("Question")).to_have_value("Is there green in the picture?")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".answer-said")).to_have_text("No")
    faults += glance(page, "asking-parts-question", shots)
    assert faults == []
