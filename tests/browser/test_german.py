"""Alice switches to German, searches, plays and uploads; no page is wider than a phone, and axe finds nothing."""

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from indexer.models import Library, Video
from tests.browser.test_look import look
from tests.track_world import add_lines
from webapp.audit.models import AuditEntry
from webapp.tour import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def switch(page: Page, language: str, button: str) -> None:
    page.locator("#language").select_option(language)
    page.get_by_role("button", name=button, exact=True).click()


def on_a_phone(page: Page, name: str, path: str, shots: Path, *widths: int) -> list[str]:
    """A picture at each width, and where the page is wider."""
    page.goto(path)
    faults = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=shots / f"german-{name}-{width}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{name} is wider than {width} px")
    return faults


def test_german_from_home_to_a_moment_that_plays(alice_page: Page, films: dict[str, Video], shots: Path):
    page = alice_page
    switch(page, "de", "Switch")
    expect(page.get_by_role("heading", name="Finde den Moment.")).to_be_visible()
    expect(page.get_by_text("Das Modell versteht Englisch")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"
    faults = look(page, "german-home", "light", shots)
    page.get_by_label("Videos durchsuchen").fill("red")
    page.get_by_role("button", name="Suchen", exact=True).click()
    page.wait_for_url("**/search?q=red**")
    expect(page.get_by_role("status").first).to_contain_text("in allen Bibliotheken")
    expect(page.locator("[data-player-facts]")).to_contain_text("% Übereinstimmung")
    faults += look(page, "german-results", "light", shots)
    page.get_by_text("Filter", exact=True).click()
    expect(page.get_by_label("eher als (rather than)")).to_be_visible()
    faults += look(page, "german-filters", "light", shots)
    page.get_by_role("link", name="Seite des Videos öffnen").click()
    page.wait_for_url("**/v/**")
    expect(page.locator("[data-found-title]")).to_contain_text("Moment")
    expect(page.locator("[data-cut-said]")).to_contain_text("zusammen")
    page.keyboard.press("c")
    expect(page.locator("[data-copied]")).to_contain_text("Link zu")
    page.keyboard.press("Space")
    expect(page.locator("[data-now]")).not_to_have_text("")
    faults += look(page, "german-video", "dark", shots)
    assert faults == []


def test_german_pages_fit_a_phone(alice_page: Page, films: dict[str, Video], shots: Path):
    page = alice_page
    switch(page, "de", "Switch")
    library = Library.objects.get()
    Video.objects.create(
        library=library, title="broken.avi", original="x", status="failed", error="This file is empty.", size_bytes=9
    )
    pages = (
        ("library", f"/library/{library.pk}"),
        ("select", f"/library/{library.pk}/select"),
        ("people", f"/library/{library.pk}/people"),
        ("links", f"/library/{library.pk}/links"),
        ("labels", f"/library/{library.pk}/labels"),
        ("sources", f"/library/{library.pk}/sources"),
        ("keys", "/keys"),
        ("help", "/help"),
        ("upload", "/upload"),
    )
    faults = [fault for name, path in pages for fault in on_a_phone(page, name, path, shots, 390, 320)]
    page.locator("[data-pick]").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.locator(".upload-row .state")).to_contain_text("Eine Datei, die auf .txt endet, ist kein Video")
    page.get_by_role("button", name="Entfernen").click()
    page.goto(f"/v/{Video.objects.get(title='broken.avi').pk}")
    expect(page.get_by_text("Diese Datei ist leer.")).to_be_visible()
    switch(page, "en", "Wechseln")
    expect(page.get_by_text("This file is empty.")).to_be_visible()
    assert faults == []


def test_german_tour_transcripts_and_account_fit_a_phone(alice_page: Page, films, shots: Path, monkeypatch):
    page, film = alice_page, films["Evening"]
    monkeypatch.setattr(steps, "TRY", "red")
    Library.objects.update(is_sample=True, hears_speech=True)
    add_lines(film, (0.5, 2.0, "Welcome to the harbour"))
    add_lines(film, (4.0, 6.0, "PLATFORM 9"), kind="written")
    User.objects.update(is_staff=True)
    alice = User.objects.get(username="alice")
    Authenticator.objects.create(user=alice, type="totp", data={"secret": ""})
    Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Der blaue Schlüssel", "credential": {}})
    RecoveryCodes.activate(alice)
    AuditEntry.objects.create(kind="factor-added", person="alice", person_id=alice.pk, about="passkey Blau")
    switch(page, "de", "Switch")
    expect(page.locator("#tour")).to_contain_text("Rundgang, 1 von 4")
    pages = (
        ("tour", "/"),
        ("tour-results", "/search?q=red"),
        ("transcript", f"/v/{film.pk}?q=red"),
        ("transcripts", f"/library/{film.library_id}/transcripts"),
        ("account", "/account"),
        ("activity", "/account/activity"),
        ("password", "/account/password"),
        ("audit", "/operate/audit"),
    )
    faults = [fault for name, path in pages for fault in on_a_phone(page, name, path, shots, 390)]
    expect(page.get_by_role("region", name="Prüfprotokoll")).to_contain_text("zweiten Faktor hinzugefügt")
    expect(page.get_by_role("region", name="Prüfprotokoll")).to_contain_text("Passkey Blau")
    page.goto("/account")
    expect(page.get_by_text("Der blaue Schlüssel", exact=True).first).to_be_visible()
    expect(page.get_by_text("noch 10")).to_be_visible()
    page.goto(f"/v/{film.pk}")
    page.get_by_label("Im Transkript suchen").fill("harbour")
    expect(page.get_by_text("1 Zeile: Enter springt dorthin")).to_be_visible()
    faults += look(page, "german-transcript", "light", shots)
    assert faults == []
