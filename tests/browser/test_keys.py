"""A key for programs is made, shown once, used within its scope, and refused once it is deleted."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_look import glance

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_key_is_made_used_and_deleted(alice_page: Page, site: str, shots: Path):
    page = alice_page
    page.get_by_text("alice", exact=True).click()
    page.get_by_role("link", name="Keys for programs").click()
    page.get_by_label("Name").fill("Backup script")
    page.get_by_label("It may").select_option("read")
    page.get_by_label("It works").select_option("for a year")
    page.get_by_role("button", name="Make a key").click()
    secret = page.locator(".secret").inner_text()
    faults = glance(page, "keys-made", shots)
    with httpx.Client(base_url=f"{site}/api/v1", headers={"Authorization": f"Bearer {secret}"}) as program:
        found = program.get("/search", params={"q": "purple"}).json()
        assert found["videos"][0]["title"] == "Evening"
        assert program.post("/libraries", json={"name": "Mine"}).status_code == 403  # it may only read
        page.goto("/keys")
        expect(page.locator(".secret")).to_have_count(0)
        expect(page.locator(".key-row")).to_contain_text(f"…{secret[-4:]}, read, made ")
        expect(page.locator(".key-row")).to_contain_text("last used a few seconds ago")
        faults += glance(page, "keys-used", shots)
        page.get_by_role("button", name="Delete the key Backup script").click()
        expect(page.get_by_role("status").first).to_contain_text("The key Backup script is deleted")
        assert program.get("/search", params={"q": "purple"}).status_code == 401
    expect(page.locator(".key-row")).to_have_count(0)
    assert faults == []
