"""The parts of a query at each hit: verdicts, the filter by them, and the chips on the page."""

import html

import pytest

from indexer.models import Library, Space
from search.criteria import MOST, criteria_of
from search.engine import SearchRequest, search
from search.query import parse
from tests.search_world import FakeEngine, add_video, showing, stored_space
from tests.test_search_language import both

pytestmark = pytest.mark.django_db

QUERY = "a dog, a cat"  # the engine of these tests hears its last word


@pytest.fixture
def space() -> Space:
    return stored_space()


@pytest.fixture
def _two(library: Library, space: Space) -> None:
    add_video(library, space, [both("dog", "cat")] * 3, title="dog and cat")
    add_video(library, space, [showing("cat", 0.9, seed=2)] * 3, title="cat alone")


def ask(library: Library, text: str = QUERY, **more):
    return search(SearchRequest(text, (library.pk,), **more), FakeEngine())


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("person, yellow vest, carrying a box", ("person", "yellow vest", "carrying a box")),
        ("a dog", ()),
        ("a dog,", ()),
        ("a dog, , a dog", ()),
        ("a dog, -cat a boat", ("a dog", "a boat")),
        (", ".join(f"thing {i}" for i in range(MOST + 1)), ()),
    ],
)
def test_commas_part_a_query(typed: str, parts: tuple[str, ...]) -> None:
    (step,) = parse(typed).steps
    assert criteria_of(step) == parts


@pytest.mark.usefixtures("_two")
def test_each_hit_has_a_verdict_a_part(library: Library) -> None:
    results = ask(library)
    assert results.criteria == ("a dog", "a cat")
    assert {video.title: video.hits[0].criteria for video in results.videos} == {
        "dog and cat": ("yes", "yes"),
        "cat alone": ("no", "yes"),
    }


@pytest.mark.usefixtures("_two")
@pytest.mark.parametrize("must", ["not_no", "yes"])
def test_hits_can_be_kept_by_their_verdicts(library: Library, must) -> None:
    results = ask(library, must=must)
    assert [video.title for video in results.videos] == ["dog and cat"]
    assert (results.n_videos, results.n_moments) == (1, 1)


@pytest.mark.usefixtures("_two")
@pytest.mark.parametrize("sort", ["newest", "oldest", "place"])
def test_pages_are_cut_of_what_the_parts_leave(library: Library, sort) -> None:
    results = ask(library, must="yes", sort=sort, limit=1)
    assert [video.title for video in results.videos] == ["dog and cat"]
    assert not results.has_more
    assert not ask(library, must="yes", sort=sort, limit=1, page=1).videos


@pytest.mark.usefixtures("_two")
def test_where_no_hit_has_every_part_nothing_matches(library: Library) -> None:
    assert ask(library, "a boat, a cat", must="yes").nothing_matches
    assert not ask(library, "a boat, a cat").nothing_matches


@pytest.mark.usefixtures("_two")
def test_the_page_shows_a_chip_a_part_that_leads_to_the_question(as_alice, monkeypatch) -> None:
    for module in ("search", "video"):
        monkeypatch.setattr(f"webapp.pages.{module}.engine", FakeEngine)
    page = html.unescape(" ".join(as_alice.get("/search", {"q": QUERY}).content.decode().split()))
    assert page.count('class="criterion criterion-yes"') == 3
    assert page.count('class="criterion criterion-no"') == 1
    assert 'a dog<span class="unseen">: not seen</span>' in page
    link = page.split('class="criterion criterion-no" href="')[1].split('"')[0]
    asked = html.unescape(" ".join(as_alice.get(link).content.decode().split()))
    assert 'value="Is there a dog in the picture?"' in asked
    strict = html.unescape(as_alice.get("/search", {"q": QUERY, "must": "yes"}).content.decode())
    assert "all parts seen" in strict
    assert "cat alone" not in strict
