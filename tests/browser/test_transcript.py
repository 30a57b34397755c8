"""The transcript beside the player: it follows, a line is jumped to, a search in it jumps; and where it comes from."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from indexer.models import Track, Video
from indexer.tracks.services import tracks_switch
from tests.browser.test_look import look
from tests.track_world import add_lines

# The track's lines come some time after it is shown.
CUES = """async element => {
  const track = element.textTracks[0];
  track.mode = "showing";
  for (let i = 0; i < 50 && !track.cues?.length; i++) await new Promise((wake) => setTimeout(wake, 100));
  return [...track.cues].map((cue) => cue.text);
}"""
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SRT = """1
00:00:00,500 --> 00:00:02,000
Welcome to the harbour

2
00:00:02,500 --> 00:00:04,000
The evening boat leaves at nine

3
00:00:05,000 --> 00:00:07,500
Mind the old bridge when you walk back to the station
"""


def themed(page: Page, name: str, shots: Path) -> list[str]:
    faults = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        faults += look(page, name, theme, shots)
    page.emulate_media(color_scheme="light")
    return faults


def test_subtitles_become_a_transcript_that_follows(alice_page: Page, films, shots: Path, tmp_path: Path):
    video = films["Evening"]
    alice_page.goto(f"/v/{video.pk}")
    panel = alice_page.locator("#transcript")
    expect(panel.get_by_text("is not written down")).to_be_visible()
    faults = themed(alice_page, "transcript-empty", shots)
    file = tmp_path / "harbour.srt"
    file.write_text(SRT, encoding="utf-8")
    panel.get_by_text("Bring your own subtitles").click()
    panel.get_by_label("File with subtitles").set_input_files(file)
    panel.get_by_role("button", name="Read the subtitles").click()
    expect(alice_page.get_by_text("3 lines, found by search")).to_be_visible()
    add_lines(video, (4.0, 6.0, "PLATFORM 9"), kind="written")
    alice_page.reload()
    player = alice_page.locator("[data-screen]")
    alice_page.wait_for_function("document.querySelector('[data-screen]').readyState > 0")
    panel.get_by_role("button", name="The evening boat").click()
    assert player.evaluate("element => element.currentTime") == pytest.approx(2.5, abs=0.05)
    expect(panel.locator("[aria-current=true]")).to_contain_text("The evening boat")
    player.evaluate("element => { element.currentTime = 5.5 }")
    expect(panel.locator("[aria-current=true]")).to_have_count(2)  # what is said and what is written there
    words = panel.get_by_label("Search in the transcript")
    words.fill("BRIDGE")
    expect(panel.get_by_role("status").first).to_contain_text("1 line")
    expect(panel.locator("mark")).to_have_text("bridge")
    player.evaluate("element => { element.currentTime = 0 }")
    words.press("Enter")
    assert player.evaluate("element => element.currentTime") == pytest.approx(5, abs=0.05)
    words.fill("")
    panel.get_by_label("Show").select_option("written")
    expect(panel.locator("li:visible")).to_have_count(1)
    panel.get_by_label("Show").select_option("")
    assert player.evaluate(CUES)[1] == "The evening boat leaves at nine"
    player.evaluate("element => { element.textTracks[0].mode = 'disabled' }")
    faults += themed(alice_page, "transcript", shots)
    faults += found_by_search(alice_page, shots)
    assert faults == []


def found_by_search(alice_page: Page, shots: Path) -> list[str]:
    alice_page.goto("/search?q=old bridge")
    hit = alice_page.locator("[data-moment]").first
    expect(hit.get_by_text("said", exact=True)).to_be_visible()
    expect(hit.locator("mark").first).to_have_text("old")
    assert hit.get_attribute("data-at") == "5.00"
    return themed(alice_page, "transcript-search", shots)


def test_a_library_is_switched_on_and_says_how_far_it_is(alice_page: Page, films: dict[str, Video], shots: Path):
    library = films["Evening"].library
    alice_page.goto(f"/library/{library.pk}")
    alice_page.get_by_role("link", name="Transcripts").click()
    alice_page.get_by_role("button", name="Switch on (What is said)").click()
    expect(alice_page.get_by_role("button", name="Switch off (What is said)")).to_be_visible()
    tracks_switch(library=library, kind="written", on=True)
    broken, under_way = Track.objects.filter(kind="written").order_by("pk")[:2]
    Track.objects.filter(pk=broken.pk).update(status="failed", error="This file is damaged: it cannot be opened.")
    Track.objects.filter(pk=under_way.pk).update(status="working", done_s=3, model="PP-OCRv6-small")
    alice_page.reload()
    expect(alice_page.get_by_text("1 video failed: This file is damaged")).to_be_visible()
    expect(alice_page.get_by_role("progressbar", name="What is written")).to_be_visible()
    faults = themed(alice_page, "transcripts", shots)
    alice_page.get_by_role("button", name="Try again (What is written)").click()
    expect(alice_page.get_by_text("1 video failed")).to_have_count(0)
    alice_page.goto(f"/v/{under_way.video_id}")
    panel = alice_page.locator("#transcript")
    expect(panel.get_by_text("Reading,")).to_be_visible()
    panel.get_by_role("button", name="Stop").last.click()
    expect(alice_page.locator("#transcript").get_by_text("Reading was stopped.")).to_be_visible()
    assert faults == []
