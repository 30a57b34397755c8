"""Minus, quotes and `then` on the search page: said back, refused with a place, and as a form."""

import html

import pytest

from indexer.models import Library
from tests.search_world import FakeEngine, add_video, showing, stored_space

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    monkeypatch.setattr("webapp.pages.search.engine", FakeEngine)


@pytest.fixture(autouse=True)
def _film(library: Library) -> None:
    quiet = showing("snow", seed=1)
    add_video(library, stored_space(), [showing("dog", seed=2), *[quiet] * 4, showing("boat", seed=3)], title="Film")


def page(client, **asked) -> str:
    return html.unescape(" ".join(client.get("/search", asked).content.decode().split()))


def test_it_says_the_query_back_and_shows_every_step(as_alice) -> None:
    shown = page(as_alice, q="dog -cat then boat")
    assert "“dog” without “cat”, then within 30 s “boat”" in shown
    assert "0:02 → 0:12" in shown
    assert "1 moment in 1 video" in shown


def test_nothing_matches_is_said_of_the_query_as_understood(as_alice) -> None:
    assert "Nothing matches “boat”, then within 30 s “dog”" in page(as_alice, q="boat then dog")


def test_what_it_does_not_understand_is_refused_with_the_place_and_help(as_alice) -> None:
    answer = as_alice.get("/search", {"q": 'a dog "on grass'})
    shown = html.unescape(answer.content.decode())
    assert answer.status_code == 400
    assert "This quotation mark is never closed. (character 7)" in shown
    assert "This search cannot be understood" in shown
    assert 'a dog <mark>"on</mark> grass' in shown
    assert "then opens the trunk" in shown


def test_the_form_becomes_a_query_with_one_address(as_alice, library) -> None:
    filled = {"q": "a dog", "library": library.pk, "without": "red ball", "then": "boat", "within": "120", "exact": ""}
    answer = as_alice.get("/search", filled)
    assert answer.status_code == 302
    assert answer["Location"] == (f"/search?q=a+dog+-%22red+ball%22+then+boat+within+120+s&library={library.pk}")
    assert "within 2 min" in page(as_alice, q='a dog -"red ball" then boat within 120 s')


def test_an_empty_form_changes_nothing(as_alice, library) -> None:
    assert as_alice.get("/search", {"q": "dog", "then": "", "within": "30"}).status_code == 200
