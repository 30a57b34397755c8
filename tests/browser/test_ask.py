"""A question about the moment on screen is answered there, and another moment answers differently."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import Video
from tests.browser.test_look import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_moment_is_asked_and_answers(alice_page: Page, films: dict[str, Video], shots: Path):
    alice_page.goto(f"/v/{films['Evening'].pk}")
    segments = alice_page.locator("#segments").get_by_role("button")
    answers = alice_page.locator("#answers")
    alice_page.get_by_label("Question").fill("Which colour is it?")
    alice_page.get_by_label("Answers to choose from").fill("blue, red, green, purple")
    said = []
    for i in range(2):
        segments.nth(i).click()
        answers.evaluate("element => element.replaceChildren()")
        alice_page.get_by_role("button", name="Ask").click()
        expect(answers.get_by_role("listitem")).to_have_count(4)
        said.append(answers.get_by_role("listitem").first.inner_text())
    assert said[0] != said[1]
    faults = []
    for theme in ("light", "dark"):
        alice_page.emulate_media(color_scheme=theme)
        faults += look(alice_page, "ask", theme, shots)
    alice_page.get_by_label("Answers to choose from").fill("blue")
    alice_page.get_by_role("button", name="Ask").click()
    expect(answers.get_by_role("alert")).to_contain_text("leaves nothing to choose")
    assert faults == []
