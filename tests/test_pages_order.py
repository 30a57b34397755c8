"""The search page's least match, order and pages."""

import html
import re
from datetime import UTC, datetime

import pytest

from indexer.models import Library
from search.results import SearchRequest
from tests.search_world import FakeEngine, add_video, showing, stored_space
from tests.test_api import caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    monkeypatch.setattr("webapp.pages.search.engine", FakeEngine)


def page(client, **asked) -> str:
    return html.unescape(" ".join(client.get("/search", asked).content.decode().split()))


def titles(shown: str) -> list[str]:
    return re.findall(r'<h2><a class="quiet"[^>]*>([^<]*)</a></h2>', shown)


@pytest.fixture
def _three(library: Library) -> None:
    space = stored_space()
    for year, similarity, title in ((2021, 0.5, "faint"), (2020, 0.9, "clear"), (2022, 0.7, "middling")):
        made = datetime(year, 1, 1, tzinfo=UTC)
        add_video(library, space, [showing("dog", similarity)] * 3, title=title, created_at=made)


@pytest.mark.usefixtures("_three")
def test_the_least_match_is_asked_for_remembered_and_forgotten(as_alice) -> None:
    assert titles(page(as_alice, q="dog")) == ["clear", "middling", "faint"]
    strict = page(as_alice, q="dog", at_least="60")
    assert titles(strict) == ["clear", "middling"]
    assert "matching 60 % or more" in strict
    again = page(as_alice, q="a dog")
    assert titles(again) == ["clear", "middling"]
    assert 'name="at_least"' in again
    assert titles(page(as_alice, q="dog", at_least="")) == ["clear", "middling", "faint"]
    assert titles(page(as_alice, q="dog")) == ["clear", "middling", "faint"]


@pytest.mark.usefixtures("_three")
def test_a_least_match_that_nothing_reaches_says_so(as_alice) -> None:
    shown = page(as_alice, q="dog", at_least="99")
    assert "Nothing matches “dog”" in shown
    assert "matching 99 % or more" in shown


@pytest.mark.usefixtures("_three")
@pytest.mark.parametrize("least", ["0", "100", "-5", "many"])
def test_a_least_match_that_makes_no_sense_is_refused(as_alice, least: str) -> None:
    assert as_alice.get("/search", {"q": "dog", "at_least": least}).status_code == 400
    assert as_alice.get("/search", {"q": "dog"}).status_code == 200


@pytest.mark.usefixtures("_three")
def test_hits_can_be_ordered_by_date(as_alice) -> None:
    newest = page(as_alice, q="dog", sort="newest")
    assert titles(newest) == ["middling", "faint", "clear"]
    assert "newest first" in newest
    assert titles(page(as_alice, q="dog", sort="oldest")) == ["clear", "faint", "middling"]


def test_hits_can_be_ordered_by_their_place(as_alice, alice, library: Library, monkeypatch) -> None:
    space, snow, dog, seen = stored_space(), showing("snow"), showing("dog", 0.8), showing("dog", 0.9)
    add_video(library, space, [*[snow] * 8, *[seen] * 3], title="late")
    add_video(library, space, [*[snow] * 2, *[dog] * 2, *[snow] * 4, *[seen] * 2], title="twice")
    add_video(library, space, [dog] * 3, title="at once")
    shown = page(as_alice, q="dog", sort="place")
    assert titles(shown) == ["at once", "twice", "late"]
    assert "by place in the video" in shown.split("<main")[1]
    monkeypatch.setattr("webapp.api.searching.engine", FakeEngine)
    videos = caller(alice).get("/api/v1/search", {"q": "dog", "sort": "place"}).json()["videos"]
    assert [hit["start_s"] for hit in videos[1]["hits"]] == [4.0, 16.0]
    assert videos[1]["hits"][0]["score"] < videos[1]["hits"][1]["score"] == videos[1]["score"]


BEFORE = {"best": "Better matches", "newest": "Newer", "oldest": "Older", "place": "Earlier moments"}


@pytest.mark.parametrize("sort", BEFORE)
def test_pages_hold_every_video_once_in_a_stable_order(as_alice, library: Library, sort: str) -> None:
    space = stored_space()
    for i in range(70):
        add_video(library, space, [showing("dog", 0.9 - i / 200, seed=i)] * 3, title=f"clip {i}")
    seen: list[str] = []
    for number in (1, 2, 3):
        shown = page(as_alice, q="dog", sort=sort, page=number)
        seen += titles(shown)
        assert (">More</a>" in shown) is (number < 3)
        assert re.findall(r'rel="prev"[^>]*>([^<]*)</a>', shown) == [BEFORE[sort]] * (number > 1)
    expected = [f"clip {i}" for i in range(70)]
    assert seen == (expected[::-1] if sort == "newest" else expected)
    assert len(titles(page(as_alice, q="dog", sort=sort))) == SearchRequest("", ()).limit


def test_a_page_after_the_last_says_that_there_is_nothing_more(as_alice, library: Library) -> None:
    add_video(library, stored_space(), [showing("dog")] * 3)
    assert "Nothing more comes close enough" in page(as_alice, q="dog", page=2)
