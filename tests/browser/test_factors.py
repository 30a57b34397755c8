"""A person adds a passkey and an authenticator app, and signs in with each; the pages of it, and the audit log."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, open_context
from tests.browser.test_sharing import both
from tests.test_factors import code_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AUTHENTICATOR = {
    **{"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True},
    **{"isUserVerified": True, "automaticPresenceSimulation": True},
}


def with_authenticator(page: Page) -> None:
    """The browser's own virtual one: it answers as a laptop with a fingerprint does."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def test_a_passkey_signs_in_alone_and_after_the_password(alice_page: Page, shots: Path):
    page = alice_page
    with_authenticator(page)
    page.get_by_text("alice", exact=True).click()
    page.get_by_role("link", name="Account").click()
    faults = both(page, "account", shots)
    page.get_by_role("link", name="Add a passkey").click()
    faults += both(page, "account-confirm", shots)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("This laptop")
    faults += both(page, "passkey-add", shots)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    faults += both(page, "recovery-codes", shots)
    page.get_by_role("link", name="I have them").click()
    expect(page.get_by_role("link", name="Remove This laptop")).to_be_visible()
    faults += both(page, "account-factors", shots)
    sign_out(page)
    faults += both(page, "sign-in-passkey", shots)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/")
    sign_out(page)
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sign-in/code")
    faults += both(page, "second-factor", shots)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/")
    page.goto("/account")
    page.get_by_role("link", name="What was done in your name").click()
    expect(page.get_by_text("added a second factor")).to_be_visible()
    faults += both(page, "activity", shots)
    assert faults == []


def test_an_app_is_added_and_asked_for(alice_page: Page, browser: Browser, site, shots: Path):
    page = alice_page
    page.goto("/account/app")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("Type a key instead").click()
    secret = page.locator(".secret").inner_text()
    faults = both(page, "app-add", shots)
    page.get_by_label("Authenticator code").fill(code_of(secret))
    page.get_by_role("button", name="Add it").click()
    code = page.locator(".codes code").first.inner_text()
    context = open_context(browser, site)
    other = context.new_page()
    other.goto("/sign-in")
    other.get_by_label("Name").fill("alice")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_text("This code is wrong")).to_be_visible()
    faults += both(other, "second-factor-wrong", shots)
    other.get_by_label("Code").fill(code)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/")
    context.close()
    User.objects.update(is_staff=True)
    page.goto("/operate/audit")
    expect(page.get_by_text("wrong second factor").last).to_be_visible()
    faults += both(page, "audit", shots)
    assert faults == []


def sign_out(page: Page) -> None:
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
