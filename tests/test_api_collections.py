"""What else the API makes and tells: libraries, labels, saved searches, captions; and calls that meet themselves."""

import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from indexer import captions
from indexer.models import Caption, Library, Membership, Space, Video
from tests.search_world import add_video, showing, stored_space
from tests.test_api import caller
from webapp.api import libraries as views
from webapp.api.models import KeptAnswer
from webapp.api.once import LOST_AFTER
from webapp.api.tasks import sweep_answers
from webapp.saved.models import MOST, SavedSearch

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()  # rates are counted there


@pytest.fixture
def film(library: Library) -> Video:
    made = add_video(library, stored_space(), [showing("snow")] * 5 + [showing("dog", 0.9, seed=2)] * 3, title="Film")
    Video.objects.update(indexed_at=made.created_at)
    return made


def post(program: Client, address: str, sent: dict, key: str = "") -> tuple[int, dict]:
    answer = program.post(f"/api/v1/{address}", sent, JSON, headers={"Idempotency-Key": key} if key else {})
    return answer.status_code, answer.json()


# Libraries


def test_it_makes_a_library_of_ones_own(alice, charlie) -> None:
    status, made = post(caller(alice, "write"), "libraries", {"name": " Match\n recordings "})
    assert (status, made["name"], made["role"], made["n_videos"]) == (201, "Match recordings", "owner", 0)
    assert [row["id"] for row in caller(alice).get("/api/v1/libraries").json()["items"]] == [made["id"]]
    assert caller(charlie).get("/api/v1/libraries").json() == {"items": [], "count": 0}
    assert post(caller(alice), "libraries", {"name": "x"})[0] == 403


@pytest.mark.parametrize("name", ["", " \n ", "x" * 121])
def test_a_library_needs_a_name(alice, name: str) -> None:
    status, refused = post(caller(alice, "write"), "libraries", {"name": name})
    assert (status, refused["detail"][:5]) == (422, "name:")
    assert not Library.objects.exists()


def test_a_long_list_asks_the_database_no_more_often(alice, django_assert_max_num_queries) -> None:
    for i in range(12):
        post(caller(alice, "write"), "libraries", {"name": f"Library {i}"})
    with django_assert_max_num_queries(6):
        assert {row["role"] for row in caller(alice).get("/api/v1/libraries").json()["items"]} == {"owner"}


def test_pages_hold_every_library_once(alice) -> None:
    for i in range(7):
        post(caller(alice, "write"), "libraries", {"name": f"Library {i}"})
    program = caller(alice)
    pages = [program.get("/api/v1/libraries", {"page": page, "page_size": 3}).json() for page in (1, 2, 3, 4)]
    assert [row["name"] for page in pages for row in page["items"]] == [f"Library {i}" for i in range(7)]
    assert {page["count"] for page in pages} == {7}


# A call that is sent again while the first is under way


@pytest.mark.django_db(transaction=True)
def test_while_the_first_call_is_under_way_the_second_is_told_so(alice, monkeypatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    make = views.library_create

    def slowly(**given):
        begun.set()
        assert go_on.wait(20)
        return make(**given)

    monkeypatch.setattr(views, "library_create", slowly)
    answers: list[tuple[int, dict]] = []

    def first() -> None:
        answers.append(post(caller(alice, "write"), "libraries", {"name": "One"}, "k"))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(20)
    program = caller(alice, "write")
    waiting = program.post("/api/v1/libraries", {"name": "One"}, JSON, headers={"Idempotency-Key": "k"})
    assert (waiting.status_code, waiting["Retry-After"]) == (409, "2")
    assert post(program, "libraries", {"name": "Two"}, "k")[0] == 422
    go_on.set()
    thread.join()
    assert post(program, "libraries", {"name": "One"}, "k") == answers[0]
    assert Library.objects.count() == 1


def test_a_call_that_was_killed_is_taken_over(alice) -> None:
    program = caller(alice, "write")
    post(program, "libraries", {"name": "One"}, "k")
    Library.objects.all().delete()  # as though its transaction had never ended
    KeptAnswer.objects.update(status=None, body="")
    assert post(program, "libraries", {"name": "One"}, "k")[0] == 409
    KeptAnswer.objects.update(began_at=timezone.now() - LOST_AFTER - timedelta(seconds=1))
    assert post(program, "libraries", {"name": "One"}, "k")[0] == 201
    assert Library.objects.count() == 1


def test_answers_are_kept_for_a_day(alice) -> None:
    program = caller(alice, "write")
    first = post(program, "libraries", {"name": "One"}, "k")
    KeptAnswer.objects.update(began_at=timezone.now() - timedelta(hours=23))
    sweep_answers()
    assert post(program, "libraries", {"name": "One"}, "k") == first
    KeptAnswer.objects.update(began_at=timezone.now() - timedelta(hours=25))
    assert post(program, "libraries", {"name": "One"}, "k") != first
    KeptAnswer.objects.update(began_at=timezone.now() - timedelta(hours=25))
    sweep_answers()
    assert not KeptAnswer.objects.exists()


# Labels


def test_it_makes_lists_and_deletes_label_sets(alice, bob, charlie, film: Video, library: Library) -> None:
    program, address = caller(alice, "write"), f"libraries/{library.pk}/labels"
    status, made = post(program, address, {"name": "Animals", "names": ["a dog", "a cat", "A dog"]})
    assert (status, made["name"], made["n_segments"], made["n_labelled"]) == (201, "Animals", 2, 0)
    assert [label["name"] for label in made["labels"]] == ["a dog", "a cat"]
    assert post(program, address, {"name": "Animals", "names": ["x"]})[0] == 409
    assert post(program, address, {"name": "None", "names": ["!"]})[0] == 422
    assert caller(bob).get(f"/api/v1/{address}").json()["items"] == [made]
    assert post(caller(bob, "write"), address, {"name": "b", "names": ["x"]})[0] == 403
    assert caller(charlie).get(f"/api/v1/{address}").status_code == 404
    assert caller(bob, "write").delete(f"/api/v1/labels/{made['id']}").status_code == 403
    assert caller(charlie, "write").delete(f"/api/v1/labels/{made['id']}").status_code == 404
    assert program.delete(f"/api/v1/labels/{made['id']}").status_code == 204
    assert program.get(f"/api/v1/{address}").json()["count"] == 0


# Saved searches


def test_it_keeps_lists_and_deletes_searches(alice, bob) -> None:
    program = caller(alice, "write")
    status, made = post(program, "searches", {"name": "Our dog", "asked": "q=dog&sort=newest&page=3"})
    assert (status, made["asked"], made["url"]) == (
        201, "q=dog&sort=newest", "http://testserver/search?q=dog&sort=newest"
    )  # fmt: skip
    assert program.get("/api/v1/searches").json()["items"] == [made]
    assert post(program, "searches", {"name": "Our dog", "asked": "q=cat"})[1]["id"] == made["id"]
    assert caller(bob).get("/api/v1/searches").json()["count"] == 0
    assert caller(bob, "write").delete(f"/api/v1/searches/{made['id']}").status_code == 404
    assert program.delete(f"/api/v1/searches/{made['id']}").status_code == 204
    assert not SavedSearch.objects.exists()


def test_a_search_that_cannot_be_asked_is_not_kept(alice) -> None:
    program = caller(alice, "write")
    assert post(program, "searches", {"name": "a", "asked": 'q=dog+"'})[0] == 422
    SavedSearch.objects.bulk_create(SavedSearch(owner=alice, name=str(i), asked="q=x") for i in range(MOST))
    status, refused = post(program, "searches", {"name": "one more", "asked": "q=dog"})
    assert (status, refused["detail"][:12]) == (409, "You have 100")


# Captions


def test_captions_are_asked_for_watched_and_stopped(alice, film: Video) -> None:
    program, address = caller(alice, "write"), f"/api/v1/videos/{film.pk}/captions"
    Video.objects.update(caption_status=Video.Status.CANCELLED)
    state = program.get(address).json()
    assert (state["state"], state["under_way"], state["n_segments"], state["n_captions"]) == (
        "No captions yet", False, 2, 0
    )  # fmt: skip
    asked = program.post(address)
    assert (asked.status_code, asked.json()["under_way"]) == (202, True)
    assert program.post(address).status_code == 409
    assert program.post(f"{address}/cancel").json()["under_way"] is False
    assert program.post(f"{address}/cancel").status_code == 409


def test_where_all_captions_are_written_there_is_nothing_to_ask_for(alice, film: Video) -> None:
    space = Space.objects.get()
    rows = [
        Caption(video=film, space=space, start_s=s.start_s, end_s=s.end_s, text="A dog", agreement=0.8)
        for s in film.segments.all()
    ]
    captions.keep(film, space, rows)
    Video.objects.update(caption_status=Video.Status.READY)
    program = caller(alice, "write")
    refused = program.post(f"/api/v1/videos/{film.pk}/captions")
    assert (refused.status_code, refused.json()["detail"]) == (409, "Every segment has its caption.")
    assert program.get(f"/api/v1/videos/{film.pk}/captions").json()["n_captions"] == 2


def test_captions_are_for_editors(alice, bob, charlie, film: Video) -> None:
    address = f"/api/v1/videos/{film.pk}/captions"
    for tail in ("", "/cancel"):
        assert caller(alice).post(address + tail).status_code == 403
        assert caller(bob, "write").post(address + tail).status_code == 403
        assert caller(charlie, "write").post(address + tail).status_code == 404
    assert caller(charlie).get(address).status_code == 404
    Membership.objects.filter(user=bob).delete()
    assert caller(bob).get(address).status_code == 404
