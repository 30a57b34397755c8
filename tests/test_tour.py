"""The tour of the first run: on which pages it stands, who sees it, how it ends and begins again."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from indexer.models import Library, Video
from tests.search_world import FakeEngine, add_video, showing, stored_space
from webapp.sharing.services import link_make
from webapp.tour import steps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _engine(monkeypatch) -> None:
    monkeypatch.setattr(steps, "TRY", "dog")
    for module in ("search", "video", "examples"):
        monkeypatch.setattr(f"webapp.pages.{module}.engine", FakeEngine)


@pytest.fixture
def sample(db) -> Video:
    samples = Library.objects.create(name="Samples", is_sample=True)
    return add_video(samples, stored_space(), [showing("dog")] * 4, title="Photos")


def shown(client: Client, path: str) -> str:
    """The title of the step on the page; empty where there is none."""
    found = re.search(r'id="tour-title">([^<]+)<', client.get(path).content.decode())
    return found[1] if found else ""


def onward(client: Client, path: str) -> str:
    return re.search(r'class="button button-main" href="([^"#]+)#tour"', client.get(path).content.decode())[1]


def test_it_leads_from_the_first_page_to_the_upload(client: Client, alice, sample: Video) -> None:
    client.force_login(alice)
    path = reverse("home")
    for number, step in enumerate(steps.STEPS, 1):
        page = client.get(path).content.decode()
        assert f"Tour, {number} of {len(steps.STEPS)}" in page
        assert shown(client, path) == str(step.title)
        path = onward(client, path).replace("&amp;", "&") if step.onward else path
    assert path == reverse("upload")
    assert "Photos" in client.get(steps.to_search(sample)).content.decode()
    assert shown(client, reverse("help")) == ""


def test_who_leaves_it_does_not_see_it_again_until_they_start_it(client: Client, alice, bob, sample: Video) -> None:
    client.force_login(alice)
    answer = client.post(reverse("tour-end"), {"page": "/search?q=dog"})
    assert (answer.status_code, answer["Location"]) == (302, "/search?q=dog")
    assert client.post(reverse("tour-end"), headers={"HX-Request": "true"}).content == b"", "and once more, by script"
    assert [shown(client, path) for path in ("/", "/search?q=dog", "/upload")] == ["", "", ""]
    other = Client()
    other.force_login(bob)
    assert shown(other, "/"), "each person has their own"
    assert "Start the tour" in client.get(reverse("help")).content.decode()
    assert client.post(reverse("tour-start"))["Location"] == "/#tour"
    assert shown(client, "/")


def test_it_leads_to_no_other_site(client: Client, alice, sample: Video) -> None:
    client.force_login(alice)
    for page in ("https://elsewhere.example/", "//elsewhere.example", ""):
        assert client.post(reverse("tour-end"), {"page": page})["Location"] == "/"


def test_without_a_ready_sample_there_is_none(client: Client, alice, library: Library, sample: Video) -> None:
    client.force_login(alice)
    Video.objects.update(status=Video.Status.INDEXING)
    assert shown(client, "/") == ""
    page = client.get(reverse("help")).content.decode()
    assert "Start the tour" not in page
    assert f'action="{reverse("samples")}"' in page


def test_a_guest_has_none_but_has_the_hints(client: Client, alice, sample: Video) -> None:
    library = sample.library
    library.memberships.create(user=alice, role="owner")
    _, secret = link_make(library=library, made_by=alice, name="link", days=1)
    client.get(reverse("shared", args=[secret]))
    page = client.get("/").content.decode()
    assert 'id="tour"' not in page
    assert "More than plain words" in page
    assert "Start the tour" not in client.get(reverse("help")).content.decode()


def test_hints_stand_beside_what_they_explain(client: Client, alice, sample: Video) -> None:
    client.force_login(alice)
    found = client.get("/search?q=dog").content.decode()
    assert "What a match means" in found
    assert "More than plain words" in found
