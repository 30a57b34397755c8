"""What a browser needs to install the site as an app."""

import json

import pytest
from django.contrib.staticfiles import finders


@pytest.mark.django_db
def test_a_browser_can_install_it_as_an_app(client):
    answer = client.get("/manifest.webmanifest")
    said = json.loads(answer.content)
    assert answer["Content-Type"] == "application/manifest+json"
    assert (said["display"], said["start_url"]) == ("standalone", "/")
    assert {icon["sizes"] for icon in said["icons"]} >= {"192x192", "512x512"}
    for icon in said["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon
    assert '<link rel="manifest" href="/manifest.webmanifest">' in client.get("/", follow=True).content.decode()
