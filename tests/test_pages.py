"""The pages: who may see them, what they say when there is nothing, and in every state."""

import pytest
from django.conf import settings
from django.core.cache import cache
from redis import Redis

from indexer.models import Library, Video
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space

Status = Video.Status
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    for module in ("search", "video"):
        monkeypatch.setattr(f"webapp.pages.{module}.engine", FakeEngine)


@pytest.fixture
def dogs(library: Library) -> Video:
    """Forty seconds: a dog in the middle."""
    space = stored_space()
    quiet, dog = showing("snow", seed=1), showing("dog", 0.9, seed=2)
    return add_video(library, space, [quiet] * 6 + [dog] * 4 + [quiet] * 10, title="Dog at the beach")


def a_video(library: Library, **fields) -> Video:
    return Video.objects.create(library=library, title="clip", original="videos/x/original", size_bytes=1, **fields)


def text(response) -> str:
    return " ".join(response.content.decode().split())


# Home and library


def test_it_offers_a_drop_zone_and_the_samples_when_there_is_nothing(as_alice):
    cache.delete("samples-asked")
    page = text(as_alice.get("/"))
    assert "Nothing to search yet" in page
    assert "Index the sample library" in page
    assert "data-drop" in page


def test_it_asks_a_worker_for_the_samples_and_then_waits_for_them(as_alice):
    valkey = Redis.from_url(settings.REDIS_URL)
    valkey.delete("default")
    cache.delete("samples-asked")
    page = text(as_alice.post("/samples", follow=True))
    assert b"indexer.tasks.add_samples" in valkey.lindex("default", 0)
    assert "is being made" in page
    assert as_alice.get("/fragments/started").status_code == 204
    a_video(Library.objects.create(name="Samples", is_sample=True))
    assert as_alice.get("/fragments/started")["HX-Refresh"] == "true"


def test_it_shows_the_newest_videos_of_each_library_one_may_see(as_alice, dogs):
    other = Library.objects.create(name="Charlie's secrets")
    a_video(other)
    page = text(as_alice.get("/"))
    assert "Holidays" in page
    assert "Dog at the beach" in page
    assert "secrets" not in page


def test_it_pages_through_a_large_library(as_alice, library):
    for n in range(50):
        a_video(library, sha256=str(n))
    assert "Page 1 of 2" in text(as_alice.get(f"/library/{library.pk}"))
    assert text(as_alice.get(f"/library/{library.pk}?page=2")).count('class="card"') == 2
    assert as_alice.get(f"/library/{library.pk}?page=nonsense").status_code == 200


def test_it_makes_a_library_that_its_maker_owns(as_alice, alice):
    address = as_alice.post("/library/new", {"name": "  Matches "})["Location"]
    assert "Nothing here yet" in text(as_alice.get(address))
    assert alice.memberships.filter(library__name="Matches", role="owner").exists()


def test_it_asks_again_for_a_library_without_a_name(as_alice):
    assert as_alice.post("/library/new", {"name": " "}).status_code == 200
    assert Library.objects.count() == 1


# Search


def test_it_shows_a_row_a_video_with_its_moment_and_heat_line(as_alice, dogs):
    page = text(as_alice.get("/search?q=dog"))
    assert "1 moment in 1 video" in page
    assert "in all libraries" in page
    assert f"/v/{dogs.pk}?t=" in page
    assert 'class="heat"' in page
    assert "by fake v1" in page, "the space that answered"


def test_it_says_that_nothing_matches_and_offers_the_nearest(as_alice, dogs):
    page = text(as_alice.get("/search?q=rocket"))
    assert "Nothing matches “rocket”" in page
    assert "The nearest, though not near" in page
    assert "hit-row-dim" in page


def test_it_never_shows_another_persons_moments(client, charlie, dogs):
    client.force_login(charlie)
    page = text(client.get("/search?q=dog"))
    assert "Dog at the beach" not in page
    assert "Nothing matches" in page


def test_it_refuses_the_library_of_another_as_a_filter(client, charlie, dogs, library):
    client.force_login(charlie)
    answer = client.get(f"/search?q=dog&library={library.pk}")
    assert answer.status_code == 400
    assert "Holidays" not in text(answer)


def test_it_filters_by_library_and_by_day_with_both_days_included(as_alice, library, dogs):
    day = dogs.created_at.date().isoformat()
    assert "1 moment" in text(as_alice.get(f"/search?q=dog&library={library.pk}&since={day}&until={day}"))
    assert "Nothing matches" in text(as_alice.get("/search?q=dog&until=2001-01-01"))


@pytest.mark.parametrize(("days", "sentence"), [("since=0001-01-01", "after 1900"), ("until=9999-12-31", "before the")])
def test_it_refuses_days_that_no_time_zone_can_move(as_alice, dogs, days: str, sentence: str):
    answer = as_alice.get(f"/search?q=dog&{days}")
    assert answer.status_code == 400
    assert sentence in text(answer)


def test_it_refuses_dates_that_cross_with_a_sentence(as_alice, dogs):
    answer = as_alice.get("/search?q=dog&since=2026-02-02&until=2026-01-01")
    assert answer.status_code == 400
    assert "first date lies after the second" in text(answer)


def test_it_leads_an_empty_question_home(as_alice):
    assert as_alice.get("/search?q=+")["Location"] == "/"


def test_it_shows_a_question_as_text_never_as_markup(as_alice, dogs):
    page = as_alice.get("/search", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_it_says_when_the_model_is_away_and_still_searches_titles(as_alice, dogs, monkeypatch):
    monkeypatch.setattr("webapp.pages.search.engine", AwayEngine)
    assert "only titles and captions were searched" in text(as_alice.get("/search?q=beach"))
    assert "Search is resting" in text(as_alice.get("/search?q=rocket"))


# The video's page


def test_it_shows_segments_heat_and_moments_of_a_question(as_alice, dogs):
    page = text(as_alice.get(f"/v/{dogs.pk}?q=dog&t=13.5"))
    assert 'id="heat-steps"' in page
    assert 'data-at="13.50"' in page
    assert page.count('class="segment"') == dogs.segments.count()


def test_it_plays_without_the_model(as_alice, dogs, monkeypatch):
    monkeypatch.setattr("webapp.pages.video.engine", AwayEngine)
    page = text(as_alice.get(f"/v/{dogs.pk}?q=dog"))
    assert "does not answer" in page
    assert "Dog at the beach" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": Status.UPLOADED}, "Waiting for a worker"),
        ({"status": Status.INDEXING, "stage": "decode", "progress": 0.3}, "Decoding, 30 %"),
        ({"status": Status.FAILED, "error": "This file holds no pictures."}, "This file holds no pictures."),
        ({"status": Status.CANCELLED}, "Cancelled"),
        ({"status": Status.QUARANTINED, "error": "Its decoder crashed twice."}, "Its decoder crashed twice."),
        ({"status": Status.READY}, "preparing playback"),
    ],
)
def test_it_says_the_state_on_the_card_and_on_the_page(as_alice, library, fields, said):
    video = a_video(library, **fields)
    assert said in text(as_alice.get("/"))
    assert said in text(as_alice.get(f"/v/{video.pk}"))


def test_it_keeps_strangers_out_of_every_address_of_a_video(client, charlie, dogs, library):
    client.force_login(charlie)
    ends = ["", "/edit", "/reindex", "/cancel", "/delete"]
    addresses = [*(f"/v/{dogs.pk}{end}" for end in ends), f"/library/{library.pk}", f"/fragments/video/{dogs.pk}"]
    assert {client.get(address).status_code for address in addresses} == {404}
    assert client.post(f"/v/{dogs.pk}/delete").status_code == 404


def test_it_lets_a_viewer_watch_and_change_nothing(client, bob, dogs):
    client.force_login(bob)
    assert "/delete" not in text(client.get(f"/v/{dogs.pk}"))
    for action in ("edit", "reindex", "cancel", "delete"):
        assert client.post(f"/v/{dogs.pk}/{action}", {"title": "Mine"}).status_code == 403
    dogs.refresh_from_db()
    assert (dogs.title, dogs.status) == ("Dog at the beach", Status.READY)


def test_it_asks_everyone_to_sign_in(client, alice, dogs, library):
    for address in ("/", "/search?q=dog", f"/v/{dogs.pk}", f"/library/{library.pk}", "/help", "/fragments/cards"):
        assert client.get(address)["Location"].startswith("/sign-in?next=")


# Actions


def test_it_asks_before_it_deletes_and_then_the_video_is_gone(as_alice, dogs):
    assert "Move this video to the trash?" in text(as_alice.get(f"/v/{dogs.pk}/delete"))
    assert Video.objects.get().status == Status.READY
    as_alice.post(f"/v/{dogs.pk}/delete")
    assert as_alice.get(f"/v/{dogs.pk}").status_code == 404
    assert "Nothing matches" in text(as_alice.get("/search?q=dog"))


def test_it_renames_and_finds_the_new_words(as_alice, dogs):
    as_alice.post(f"/v/{dogs.pk}/edit", {"title": "Zanzibar"})
    assert "Zanzibar" in text(as_alice.get("/search?q=zanzibar"))


def test_it_stops_what_waits_and_starts_what_stopped(as_alice, library):
    video = a_video(library)
    as_alice.post(f"/v/{video.pk}/cancel")
    assert "Cancelled" in text(as_alice.get(f"/v/{video.pk}"))
    as_alice.post(f"/v/{video.pk}/reindex")
    assert "Waiting for a worker" in text(as_alice.get(f"/v/{video.pk}"))


# Live fragments


def test_it_sends_changed_cards_and_stops_asking_when_all_rest(as_alice, library):
    working, done = a_video(library, status=Status.INDEXING), a_video(library, status=Status.FAILED, error="Broken.")
    answer = text(as_alice.get("/fragments/cards", {"id": [working.pk, done.pk]}))
    assert f'value="{working.pk}"' in answer
    assert f'value="{done.pk}"' not in answer
    assert "every 2s" in answer
    assert "clip: Broken." in answer
    assert "every 2s" not in text(as_alice.get("/fragments/cards", {"id": [done.pk]}))


def test_it_tells_the_page_when_there_is_more_to_search(as_alice, library):
    working, ready = a_video(library, status=Status.INDEXING), a_video(library, status=Status.READY)
    assert "HX-Trigger" not in as_alice.get("/fragments/cards", {"id": [working.pk]})
    assert "ready" in as_alice.get("/fragments/cards", {"id": [working.pk, ready.pk]})["HX-Trigger"]
    assert "HX-Trigger" not in as_alice.get("/fragments/cards", {"id": [working.pk, ready.pk], "ready": [ready.pk]})


def test_it_takes_away_the_cards_of_deleted_videos_and_says_nothing_of_others(as_alice, library):
    video = a_video(library, status=Status.DELETING)
    strange = a_video(Library.objects.create(name="Charlie's"), status=Status.INDEXING)
    answer = text(as_alice.get("/fragments/cards", {"id": [video.pk, strange.pk, "nonsense"]}))
    assert answer.count('hx-swap-oob="delete"') == 2
    assert "clip" not in answer


def test_it_asks_for_the_whole_page_once_the_state_has_changed(as_alice, library):
    video = a_video(library, status=Status.INDEXING)
    assert "every 2s" in text(as_alice.get(f"/fragments/video/{video.pk}?was=working"))
    assert as_alice.get(f"/fragments/video/{video.pk}?was=waiting")["HX-Refresh"] == "true"
