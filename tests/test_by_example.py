"""Search by example: what looks like a moment or a picture, with words or without, and who may ask with it."""

import io
from datetime import timedelta

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from indexer.models import Membership, Space, Video
from search.by_example import composed, moment
from search.engine import search
from search.query import QueryError
from search.results import Example, SearchRequest
from tests.search_world import AwayEngine, SeeingEngine, add_video, meaning, showing, stored_space
from webapp.shown.models import ShownPicture
from webapp.shown.services import pictures_sweep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _seeing(monkeypatch):
    for module in ("pages.search", "shown.views", "api.searching"):
        monkeypatch.setattr(f"webapp.{module}.engine", SeeingEngine)


@pytest.fixture
def films(library) -> tuple[Video, Video]:
    """Two films: a dog at the end of each, snow and a boat before."""
    space = stored_space()
    dog = [showing("dog", 0.95, seed=7)] * 3
    one = add_video(library, space, [*[showing("snow", 0.95, seed=1)] * 4, *dog], title="One")
    two = add_video(library, space, [*[showing("boat", 0.95, seed=2)] * 4, *dog], title="Two")
    return one, two


def photo(size: tuple[int, int] = (64, 48)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, "PNG")
    return SimpleUploadedFile("photo.png", out.getvalue(), "image/png")


def like(films, example: Example, text: str = "", **more):
    return search(SearchRequest(text, (films[0].library_id,), example=example, cutoff=0.5, **more), SeeingEngine())


def test_a_moment_finds_what_looks_like_it_and_not_itself(films):
    one, two = films
    example = moment(one, Space.objects.get(), 11.0, "0:11 of One")
    assert (example.video_id, example.end_s) == (one.pk, 16.0)
    results = like(films, example)
    (video,) = results.videos
    assert (video.video_id, video.hits[0].start_s, results.example) == (two.pk, 8.0, "0:11 of One")
    assert video.hits[0].score > 0.9


def test_words_say_how_it_should_differ(films):
    example = Example(showing("snow", 0.95, seed=1), "this picture")
    assert like(films, example).videos[0].title == "One"
    best = like(films, Example(showing("snow", 0.3, seed=3), "this picture"), "boat").videos[0]
    assert (best.title, best.hits[0].start_s) == ("Two", 0.0)
    assert np.isclose(np.linalg.norm(composed(example, meaning("boat"))), 1)


def test_a_minus_leaves_out_what_shall_not_be_seen(films):
    example = Example(showing("dog", 0.95, seed=7), "this picture")
    assert {v.title for v in like(films, example).videos} == {"One", "Two"}
    assert like(films, example, "pie -dog").videos == []


def test_it_has_no_order(films):
    with pytest.raises(QueryError, match="then"):
        like(films, Example(meaning("dog"), "this picture"), "dog then boat")


def test_without_the_model_words_are_left_out_and_that_is_said(films):
    request = SearchRequest("boat", (films[0].library_id,), example=Example(meaning("dog"), "this picture"), cutoff=0.5)
    results = search(request, AwayEngine())
    assert (len(results.videos), results.notice) == (2, "The model does not answer: your words were left out.")


def test_a_brought_picture_is_searched_with_and_can_be_sent_on(as_alice, films, alice, charlie, library):
    answer = as_alice.post("/search/picture", {"picture": photo(), "q": "in a garden"})
    picture = ShownPicture.objects.get()
    assert answer.url == f"/search?q=in+a+garden&like={picture.pk}"
    page = as_alice.get(f"/search?like={picture.pk}&at_least=50")
    assert page.status_code == 200
    assert b"Like this picture" in page.content
    shown = as_alice.get(f"/search/picture/{picture.pk}")
    assert Image.open(io.BytesIO(shown.content)).size == (213, 160)
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(f"/search?like={picture.pk}").status_code == 400
    assert stranger.get(f"/search/picture/{picture.pk}").status_code == 404
    Membership.objects.create(user=charlie, library=library, role="viewer")
    assert stranger.get(f"/search?like={picture.pk}").status_code == 200


def test_a_frame_is_seen_by_those_who_see_its_video(as_alice, films, charlie):
    as_alice.post("/search/picture", {"picture": photo(), "video": films[0].pk, "at_s": "11"})
    picture = ShownPicture.objects.get()
    page = as_alice.get(f"/search?like={picture.pk}&at_least=50").content.decode()
    assert "Like 0:11 of One" in page
    assert f"/v/{films[0].pk}?t=11" in page
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(f"/search?like={picture.pk}").status_code == 400
    refused = stranger.post("/search/picture", {"picture": photo(), "video": films[0].pk, "at_s": "11"})
    assert refused.url == "/"
    films[0].delete()
    assert not ShownPicture.objects.exists()


def test_a_moment_is_an_address_inside_permissions(as_alice, films, charlie):
    address = f"/search?like={films[0].pk}@11.0"
    page = as_alice.get(f"{address}&at_least=50").content.decode()
    assert "Like 0:11 of One" in page
    assert "Two" in page
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(address).status_code == 400


@pytest.mark.parametrize("key", ["nonsense", "00000000-0000-0000-0000-000000000000", "@3", "x" * 36 + "@1"])
def test_what_is_not_there_is_refused_with_a_sentence(as_alice, films, key):
    answer = as_alice.get("/search", {"like": key})
    assert answer.status_code == 400
    assert b"is gone, or is not shared with you" in answer.content


def test_what_is_no_picture_is_refused_with_a_sentence(as_alice, films):
    words = SimpleUploadedFile("photo.png", b"words", "image/png")
    answer = as_alice.post("/search/picture", {"picture": words}, follow=True)
    assert b"not a photo in a format that can be read here" in answer.content
    assert b"Choose a picture" in as_alice.post("/search/picture", follow=True).content
    assert not ShownPicture.objects.exists()


def test_after_a_change_of_model_the_picture_is_asked_for_again(as_alice, films):
    as_alice.post("/search/picture", {"picture": photo()})
    space = Space.objects.get()
    Space.objects.update(status=Space.Status.RETIRED)
    space.pk, space.version = None, "v2"
    space.save()
    answer = as_alice.get(f"/search?like={ShownPicture.objects.get().pk}")
    assert b"The model has changed since this picture was shown" in answer.content


def test_old_pictures_are_forgotten(as_alice, films):
    as_alice.post("/search/picture", {"picture": photo()})
    assert pictures_sweep() == 0
    ShownPicture.objects.update(created_at=timezone.now() - timedelta(days=91))
    assert pictures_sweep() == 1
