"""Saved searches: kept, asked anew, each person's own."""

import html
from urllib.parse import parse_qs, urlsplit

import pytest

from indexer.models import Library
from tests.search_world import FakeEngine, add_video, showing, stored_space
from webapp.saved.models import MOST, SavedSearch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    monkeypatch.setattr("webapp.pages.search.engine", FakeEngine)


def text(answer) -> str:
    return html.unescape(" ".join(answer.content.decode().split()))


def test_a_saved_search_fills_itself(as_alice, library: Library) -> None:
    space = stored_space()
    add_video(library, space, [showing("dog")] * 3, title="the older one")
    answer = as_alice.post("/saved/new", {"name": "Our dog", "asked": "q=dog&sort=newest&page=3&then=x"})
    assert parse_qs(urlsplit(answer["Location"]).query) == {"q": ["dog"], "sort": ["newest"]}
    home = text(as_alice.get("/"))
    assert "Our dog" in home
    assert "/search?q=dog&sort=newest" in home
    add_video(library, space, [showing("dog")] * 3, title="the newer one")
    found = text(as_alice.get(answer["Location"]))
    assert found.index("the newer one") < found.index("the older one")


def test_a_name_that_is_taken_holds_the_new_search(as_alice) -> None:
    for asked in ("q=dog", "q=cat"):
        as_alice.post("/saved/new", {"name": "Pets", "asked": asked})
    assert [saved.asked for saved in SavedSearch.objects.all()] == ["q=cat"]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"name": "", "asked": "q=dog"}, "Give the search a name"),
        ({"name": "a", "asked": "q=dog+%22"}, "cannot be understood"),
        ({"name": "a", "asked": "q=dog&since=never"}, "cannot be understood"),
        ({"name": "a", "asked": "q=dog&library=00000000-0000-0000-0000-000000000000"}, "cannot be understood"),
        ({"name": "a", "asked": "sort=newest"}, "cannot be understood"),
    ],
)
def test_what_cannot_be_asked_is_not_kept(as_alice, sent, says: str) -> None:
    assert says in text(as_alice.post("/saved/new", sent, follow=True))
    assert not SavedSearch.objects.exists()


def test_the_library_of_another_cannot_be_kept(client, charlie, library: Library) -> None:
    client.force_login(charlie)
    client.post("/saved/new", {"name": "a", "asked": f"q=dog&library={library.pk}"})
    assert not SavedSearch.objects.exists()


def test_saved_searches_are_each_persons_own(client, as_alice, charlie) -> None:
    as_alice.post("/saved/new", {"name": "Our dog", "asked": "q=dog"})
    (saved,) = SavedSearch.objects.all()
    client.force_login(charlie)
    assert f"/saved/{saved.pk}/delete" not in text(client.get("/"))
    assert client.post(f"/saved/{saved.pk}/delete").status_code == 404
    assert SavedSearch.objects.exists()


def test_it_is_deleted_by_its_owner(as_alice) -> None:
    as_alice.post("/saved/new", {"name": "Our dog", "asked": "q=dog"})
    (saved,) = SavedSearch.objects.all()
    assert as_alice.get(f"/saved/{saved.pk}/delete").status_code == 405
    assert "is deleted" in text(as_alice.post(f"/saved/{saved.pk}/delete", follow=True))
    assert not SavedSearch.objects.exists()


def test_there_is_an_end_to_how_many(as_alice, alice) -> None:
    SavedSearch.objects.bulk_create(SavedSearch(owner=alice, name=f"{i}", asked="q=a") for i in range(MOST))
    assert f"You have {MOST} saved searches" in text(
        as_alice.post("/saved/new", {"name": "more", "asked": "q=dog"}, follow=True)
    )
    as_alice.post("/saved/new", {"name": "7", "asked": "q=dog"})
    assert SavedSearch.objects.get(name="7").asked == "q=dog"


def test_the_search_page_offers_to_save_what_was_asked(as_alice, library: Library) -> None:
    add_video(library, stored_space(), [showing("dog")] * 3)
    for words in ("dog", "rocket"):
        page = text(as_alice.get("/search", {"q": words, "sort": "newest"}))
        assert f'name="asked" value="q={words}&sort=newest"' in page
