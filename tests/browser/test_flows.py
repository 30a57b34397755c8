"""What a person does: search by keys, land on the second, move the handle, watch a film become ready."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from indexer.models import Video
from tests.browser.conftest import open_context, sign_in, until, work
from tests.browser.films import SCENE_S, make_film
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RED_BOAT = "Red boat, then green hills"


def second(page: Page) -> float:
    """Where the one player of the page stands."""
    return float(page.evaluate("document.querySelector('video').currentTime"))


def playing(page: Page) -> None:
    until(page, "document.querySelector('video').readyState > 0")


def test_it_searches_by_keys_and_lands_on_the_second(alice_page: Page, films):
    page = alice_page
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("green")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("“green” in all libraries")
    page.wait_for_load_state()  # the words stand there before the scripts that listen to keys
    page.locator("body").press("ArrowUp")
    expect(page.locator("[data-moment]").first).to_be_focused()
    playing(page)
    assert SCENE_S <= second(page) <= 2 * SCENE_S
    page.keyboard.press("Enter")
    until(page, "document.querySelector('video').currentTime > 0 && !document.querySelector('video').paused")
    page.keyboard.press("o")
    page.wait_for_url(re.compile(rf"/v/{films[RED_BOAT].pk}\?t="))
    playing(page)
    assert SCENE_S <= second(page) <= 2 * SCENE_S


def test_it_moves_through_moments_and_videos_with_the_arrows(alice_page: Page):
    page = alice_page
    page.goto("/search?q=blue")
    titles = page.locator(".hit-row h2").all_inner_texts()
    assert len(titles) == 2
    expect(page.locator("[data-player-title]")).to_have_text(titles[0])
    page.locator("body").press("ArrowDown")
    expect(page.locator("[data-player-title]")).to_have_text(titles[1])
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-moment]:focus")).to_have_count(1)


def test_a_long_strip_begins_at_its_best_moment(alice_page: Page):
    page = alice_page
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/search?q=red")
    assert page.locator(".strip").evaluate_all("all => all.some(strip => strip.scrollWidth > strip.clientWidth)")
    rights = page.locator(".moment-best").evaluate_all("all => all.map(best => best.getBoundingClientRect().right)")
    assert max(rights) <= 320


# How much larger than in its sheet the reel shows a picture, across and down.
REEL_SCALES = """async reel => {
  const style = getComputedStyle(reel), sheet = new Image();
  sheet.src = style.backgroundImage.slice(5, -2);
  await sheet.decode();
  const [across, down] = style.backgroundSize.split(" ").map((percent) => parseFloat(percent) / 100);
  return [(reel.offsetWidth * across) / sheet.naturalWidth, (reel.offsetHeight * down) / sheet.naturalHeight];
}"""


def test_it_plays_the_storyboard_under_the_pointer_unless_motion_is_unwanted(browser: Browser, site, films):
    for motion, reels in (("no-preference", 1), ("reduce", 0)):
        context = open_context(browser, site, reduced_motion=motion)
        page = context.new_page()
        sign_in(page)
        page.goto("/search?q=red")
        page.locator("[data-moment] img").first.hover()
        expect(page.locator(".reel")).to_have_count(reels)
        if reels:
            assert "/storyboard/0" in page.locator(".reel").evaluate("node => node.style.backgroundImage")
            across, down = page.locator(".reel").evaluate(REEL_SCALES)
            assert across > 0.5
            assert across == pytest.approx(down, rel=0.02)  # neither stretched nor squeezed
        context.close()


def test_it_says_that_nothing_matches_and_what_there_is(alice_page: Page):
    page = alice_page
    page.goto("/search?q=rocket")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing matches “rocket”")
    expect(page.locator(".nearest [data-moment]")).to_have_count(3)
    chips = page.get_by_role("region", name="What these videos do show").get_by_role("link")
    expect(chips.first).to_have_text('"red boat then green hills"')  # quoted: "then" is a sign
    chips.first.click()
    expect(page.get_by_role("status").first).to_contain_text("say “red boat then green hills” in all libraries")


def test_it_works_the_video_page_by_keys(alice_page: Page, films):
    page = alice_page
    page.goto(f"/v/{films['Evening'].pk}?q=blue")
    playing(page)
    expect(page.locator("[data-found] li")).to_have_count(2)
    page.locator("body").press("Shift+ArrowRight")
    until(page, f"document.querySelector('video').currentTime >= {SCENE_S - 4}")
    page.keyboard.press("Shift+ArrowRight")
    until(page, f"document.querySelector('video').currentTime >= {3 * SCENE_S - 4}")
    page.keyboard.press("Shift+ArrowLeft")
    until(page, f"document.querySelector('video').currentTime < {2 * SCENE_S}")
    page.keyboard.press("c")
    page.wait_for_url(re.compile(r"t=\d+(\.\d)?&q=blue"))
    expect(page.locator("[data-copied]")).not_to_be_empty()
    page.keyboard.press("?")
    expect(page.get_by_role("tab", name="Keys")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).to_contain_text("copy the link")


def test_it_counts_moments_by_the_handle_on_the_heat_line(alice_page: Page, films):
    page = alice_page
    page.goto(f"/v/{films['Evening'].pk}?q=blue")
    handle = page.get_by_label("Least match that counts as a moment")
    expect(page.locator("[data-found] li")).to_have_count(2)
    handle.fill("0")
    expect(page.locator("[data-found] li")).to_have_count(1)
    expect(page.locator("[data-cut-said]")).to_contain_text("0 % or better")
    with page.expect_download() as download:
        page.get_by_role("link", name="a table").click()
    table = download.value.path().read_text().splitlines()
    assert len(table) - 1 == page.locator("[data-found] li").count() > 0
    page.goto(f"/v/{films['Evening'].pk}?q=rocket")
    expect(page.locator("[data-found-none]")).to_be_visible()


def test_it_seeks_from_the_strip_and_follows_the_player(alice_page: Page, films):
    page = alice_page
    page.goto(f"/v/{films[RED_BOAT].pk}")
    playing(page)
    last = page.locator("[data-segments] [data-seek]").last
    last.click()
    expect(last).to_have_attribute("aria-current", "true")
    assert second(page) == pytest.approx(float(last.get_attribute("data-seek") or 0), abs=0.5)


def test_it_shows_a_film_become_ready_without_a_reload(alice_page: Page, films, tmp_path: Path):
    page = alice_page
    page.wait_for_load_state("networkidle")  # the posters of the first look, before one of them goes
    waiting = Video.objects.get(title="Evening")
    Video.objects.filter(pk=waiting.pk).update(status="uploaded", media_status="uploaded", indexed_at=None, poster="")
    page.goto("/")
    card = page.locator(f"#card-{waiting.pk}")
    expect(card).to_contain_text("Waiting for a worker")
    page.evaluate("window.notReloaded = true")
    work(waiting)
    expect(card.locator("img")).to_be_visible()
    expect(page.locator("#live")).not_to_have_attribute("hx-get", re.compile("."))
    assert page.evaluate("window.notReloaded")


def test_it_uploads_a_film_then_finds_its_moment(alice_page: Page, films, tmp_path: Path):
    page = alice_page
    page.goto("/upload")
    page.locator("[data-pick]").set_input_files(make_film(tmp_path / "hedge.mp4", ["yellow", "green"]))
    expect(page.locator("[data-rows] li")).to_contain_text("checking the file")
    upload_finish(upload_id=Upload.objects.get().pk)
    video = Video.objects.get(title__startswith="hedge")
    work(video)
    expect(page.locator("[data-rows] li")).to_contain_text("Ready")
    page.goto("/search?q=green")
    page.locator(f'[data-video="{video.pk}"]').first.click()
    playing(page)
    expect(page.locator("[data-player-title]")).to_contain_text("hedge")
    assert SCENE_S <= second(page) <= 2 * SCENE_S


def test_it_keeps_the_theme_one_chose(alice_page: Page):
    page = alice_page
    page.get_by_text("alice", exact=True).click()
    button = page.get_by_role("button", name="Theme")
    button.click()
    button.click()
    expect(button).to_have_text("Theme: dark")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 18, 17)"


def test_it_asks_before_it_deletes(alice_page: Page, films):
    page = alice_page
    page.goto(f"/v/{films['Evening'].pk}")
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Move to the trash").click()
    expect(page.get_by_role("status").first).to_contain_text("Evening is in the trash for 30 days.")
    assert page.locator(".card").count() == 2
