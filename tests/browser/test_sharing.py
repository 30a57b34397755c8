"""An owner shares a library with a second person and by a link; the link ends, and with it what it opened."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from indexer.models import Library, Video
from tests.browser.conftest import PASSWORD, open_context, until
from tests.browser.test_look import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def both(page: Page, name: str, shots: Path) -> list[str]:
    """Light and dark."""
    faults = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        faults += look(page, name, theme, shots)
    return faults


def test_a_library_is_shared_with_a_person_and_an_invited_one(alice_page: Page, browser: Browser, site, films, shots):
    User.objects.create_user("bob", password=PASSWORD)
    alice_page.goto(f"/library/{films['Evening'].library_id}")
    alice_page.get_by_role("link", name="People").click()
    alice_page.get_by_label("Name").fill("bob")
    alice_page.get_by_role("button", name="Add").click()
    expect(alice_page.get_by_text("bob is now viewer of Colours.")).to_be_visible()
    alice_page.get_by_label("Role of bob").select_option("editor")
    alice_page.get_by_role("button", name="Change the role of bob").click()
    expect(alice_page.get_by_label("Role of bob")).to_have_value("editor")
    alice_page.get_by_text("Leave", exact=True).click()
    alice_page.get_by_role("button", name="Leave Colours").click()
    expect(alice_page.get_by_text("A library needs an owner, and alice is the only one.")).to_be_visible()
    alice_page.get_by_role("button", name="Make an invitation").click()
    invitation = alice_page.locator(".secret").inner_text()
    faults = both(alice_page, "people", shots)
    context = open_context(browser, site)
    newcomer = context.new_page()
    newcomer.goto(invitation)
    newcomer.wait_for_url("**/join")
    faults += both(newcomer, "join", shots)
    newcomer.get_by_label("Name").fill("dora")
    newcomer.get_by_label("Password", exact=True).fill(PASSWORD)
    newcomer.get_by_label("Password again").fill(PASSWORD)
    newcomer.get_by_role("button", name="Make the account and join").click()
    expect(newcomer.get_by_text("You are a member of Colours, as viewer.")).to_be_visible()
    newcomer.get_by_role("link", name="People").click()
    faults += both(newcomer, "people-viewer", shots)
    context.close()
    assert faults == []


def made_link(owner: Page, library_id: object) -> str:
    owner.goto(f"/library/{library_id}/people")
    owner.get_by_role("link", name="Links to this library").click()
    owner.get_by_label("Name").fill("Grandparents")
    owner.get_by_role("button", name="Make a link").click()
    return owner.locator(".secret").inner_text()


def searched_played_and_asked(guest: Page, shots: Path) -> list[str]:
    guest.get_by_role("searchbox").fill("purple")
    guest.get_by_role("searchbox").press("Enter")
    expect(guest.locator(".hit-about h2")).to_contain_text(["Evening"])
    faults = both(guest, "guest-search", shots)
    guest.locator(".hit-about h2 a").first.click()
    until(guest, "document.querySelector('video').readyState > 1")
    guest.evaluate("document.querySelector('video').play()")
    until(guest, "document.querySelector('video').currentTime > 0.3")
    guest.get_by_label("Question").fill("Which colour?")
    guest.get_by_label("Answers to choose from").fill("purple, green")
    guest.get_by_role("button", name="Ask").click()
    expect(guest.locator(".answer-said")).to_contain_text("purple")
    expect(guest.get_by_role("button", name="Search this frame")).to_have_count(0)
    return faults + both(guest, "guest-video", shots)


def test_a_guest_searches_and_plays_until_the_link_ends(
    alice_page: Page, browser: Browser, site: str, films: dict[str, Video], shots: Path
):
    Library.objects.create(name="Samples", is_sample=True)
    link = made_link(alice_page, films["Evening"].library_id)
    faults = both(alice_page, "links-made", shots)
    context = open_context(browser, site)
    guest = context.new_page()
    referers: list[str] = []
    guest.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    guest.goto(link)
    assert guest.url == f"{site}/"
    expect(guest.get_by_text("Shared with you: Colours, until")).to_be_visible()
    expect(guest.get_by_role("link", name="Upload")).to_have_count(0)
    expect(guest.get_by_role("link", name="Evening")).to_be_visible()
    faults += both(guest, "guest-home", shots)
    faults += searched_played_and_asked(guest, shots)
    assert any(referers)
    assert not [referer for referer in referers if "/s/" in referer]
    alice_page.goto(f"/library/{films['Evening'].library_id}/links")
    expect(alice_page.get_by_text("opened 1 time, last used")).to_be_visible()
    faults += both(alice_page, "links", shots)
    alice_page.get_by_role("button", name="End now the link Grandparents").click()
    expect(alice_page.get_by_text("The link Grandparents has ended")).to_be_visible()
    faults += both(alice_page, "links-ended", shots)
    for again in (guest.reload, lambda: guest.goto(link)):
        again()
        expect(guest.get_by_text("This link opens nothing, or nothing any more.")).to_be_visible()
    faults += both(guest, "guest-ended", shots)
    context.close()
    assert faults == []
