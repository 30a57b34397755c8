"""What is shown is searched with: a moment, the frame on screen, a picture from a file or from the clipboard."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from indexer.models import Video
from tests.browser.conftest import until
from tests.browser.test_look import glance, look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """async ([bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
  dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (96, 64), colour).save(out, "PNG")
    return out.getvalue()


def test_more_like_a_moment_and_the_frame_on_screen(alice_page: Page, films: dict[str, Video], shots: Path):
    alice_page.goto(f"/v/{films['Evening'].pk}")
    until(alice_page, "document.querySelector('video').readyState > 1")
    alice_page.locator("#segments").get_by_role("button").nth(1).click()
    alice_page.get_by_role("link", name="More like this").click()
    expect(alice_page.get_by_role("status").first).to_contain_text("of Evening")
    expect(alice_page.locator(".hit-about h2")).to_contain_text(["Evening", "A long title"])  # both have blue elsewhere
    faults = []
    for theme in ("light", "dark"):
        alice_page.emulate_media(color_scheme=theme)
        faults += look(alice_page, "like-moment", theme, shots)
    alice_page.go_back()
    until(alice_page, "document.querySelector('video').readyState > 1")
    alice_page.get_by_role("button", name="Search this frame").click()
    expect(alice_page.locator(".shown-picture")).to_be_visible()
    alice_page.screenshot(path=shots / "like-frame.png")
    expect(alice_page.get_by_role("status").first).to_contain_text("0:00 of Evening")
    expect(alice_page.locator(".hit-about h2")).to_contain_text(["Evening"])  # purple, and nothing else is
    assert faults == []


def test_a_picture_from_a_file_and_from_the_clipboard(alice_page: Page, films: dict[str, Video], shots: Path):
    alice_page.goto("/")
    chosen = FilePayload(name="green.png", mimeType="image/png", buffer=picture("green"))
    alice_page.locator("[data-picture-search] input[type=file]").set_input_files(chosen)
    expect(alice_page.locator(".hit-about h2").first).to_contain_text("Red boat, then green hills")
    assert look(alice_page, "like-picture", "light", shots) == []
    alice_page.get_by_role("searchbox").fill("yellow")
    alice_page.evaluate(PASTE, [list(picture("yellow"))])
    expect(alice_page.locator(".hit-about h2").first).to_contain_text("A long title")
    expect(alice_page.get_by_role("searchbox")).to_have_value("yellow")
    wrong = FilePayload(name="wrong.png", mimeType="image/png", buffer=b"words")
    alice_page.locator("[data-picture-search] input[type=file]").set_input_files(wrong)
    expect(alice_page.get_by_text("not a photo in a format that can be read here")).to_be_visible()


def test_like_this_but_as_the_words_say(alice_page: Page, films: dict[str, Video], shots: Path):
    page, found = alice_page, alice_page.locator(".hit-about h2")
    page.goto(f"/v/{films['Evening'].pk}")
    until(page, "document.querySelector('video').readyState > 1")
    page.locator("#segments").get_by_role("button").nth(2).click()
    page.get_by_role("link", name="More like this").click()
    expect(found).to_have_text(["Red boat, then green hills"])  # red, as the moment is
    page.get_by_placeholder("But with: at night, in the snow").fill("purple")
    page.keyboard.press("Enter")
    expect(page.locator(".understood")).to_contain_text("of Evening, but “purple” in all libraries: ")
    expect(found).to_have_text(["Evening", "Red boat, then green hills"])
    faults = glance(page, "like-moment-but", shots)
    page.get_by_role("link", name="Search by the words alone").click()
    expect(page.locator(".understood")).to_contain_text("“purple” in all libraries: ")
    chosen = FilePayload(name="red.png", mimeType="image/png", buffer=picture("red"))
    page.locator("[data-picture-search] input[type=file]").set_input_files(chosen)  # the words go with it
    expect(page.locator(".understood")).to_contain_text("Like this picture, but “purple” in all libraries: ")
    expect(found.first).to_have_text("Evening")
    faults += glance(page, "like-picture-but", shots)
    assert faults == []
