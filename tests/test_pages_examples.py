"""The searches a page offers: all of them find something, and they lead to different places."""

import re
from uuid import UUID

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from indexer.models import Library
from search import spelling
from search.calibrate import ANSWER, SENSE, Calibration, Logit, References
from search.results import Hit, VideoHits
from tests.search_world import AwayEngine, FakeEngine, add_video, meaning, showing, stored_space
from webapp.pages.examples import spread

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _dogs(client: Client, alice, library: Library, monkeypatch) -> None:
    """Alice is signed in and has forty seconds with a dog in the middle."""
    monkeypatch.setattr("webapp.pages.examples.engine", FakeEngine)
    quiet, dog = showing("snow", seed=1), showing("dog", 0.9, seed=2)
    add_video(library, stored_space(), [quiet] * 6 + [dog] * 4 + [quiet] * 10, title="Dog at the beach")
    client.force_login(alice)


def offered(client: Client) -> list[str]:
    return re.findall(r'class="chip"[^>]*>([^<]+)<', client.get("/fragments/examples").content.decode())


def test_it_offers_searches_that_find_something(client):
    assert offered(client) == ["dog at the beach"]


def test_it_offers_things_that_captions_name_before_titles(client, monkeypatch):
    captions = ["A brown dog by a boat.", "A boat and a brown dog", "A rocket", "A rocket", "Two cats on a pie"]
    background = np.stack([showing("train", seed=n) for n in range(5)])
    letters, words = spelling.count(captions), spelling.remember(captions)
    references = References(background, np.stack([meaning("dog")]), captions, letters, words)
    by_similarity = Logit(ANSWER, (20.0, 0.0, 0.0, 0.0, 0.0), -10.0)
    scorer = Calibration(Logit(SENSE, (0.0, 0.0, 0.0), 10.0), by_similarity, 0.5, references)
    for module in ("meaning", "examples"):
        monkeypatch.setattr(f"search.{module}.scorer_for", lambda space: scorer)
    assert offered(client) == ["a brown dog", "dog at the beach"]


def test_it_offers_titles_alone_while_the_model_is_away(client, monkeypatch):
    monkeypatch.setattr("webapp.pages.examples.engine", AwayEngine)
    assert offered(client) == ["dog at the beach"]


def test_it_offers_each_video_once_before_it_offers_another_moment_of_one():
    def found(text: str, video: int, at_s: float) -> tuple[str, VideoHits]:
        hit = Hit(at_s - 1, at_s + 1, at_s, 0.95, 0.5, "meaning")
        return text, VideoHits(UUID(int=video), UUID(int=9), "film", 60.0, timezone.now(), [hit])

    tried = [found("a cup", 1, 8), found("a plate", 1, 10), found("a cat", 1, 14), found("a bus", 2, 4)]
    assert [text for text, _ in spread(tried)] == ["a cup", "a bus", "a cat"]


def test_while_one_request_makes_them_the_others_wait_for_it_and_make_none(client, monkeypatch):
    meanwhile: list[str] = []

    def slowly(libraries: tuple[UUID, ...]) -> list[str]:
        meanwhile.append(client.get("/fragments/examples").content.decode())
        return ["dog"]

    monkeypatch.setattr("webapp.pages.examples.that_work", slowly)
    assert offered(client) == ["dog"]
    assert len(meanwhile) == 1
    assert 'hx-get="/fragments/examples"' in meanwhile[0]
    assert offered(client) == ["dog"]
    assert len(meanwhile) == 1


def test_what_has_grown_old_is_shown_until_the_new_is_made(client, monkeypatch):
    meanwhile: list[list[str]] = []
    made = iter([["dog"], ["dog", "snow"]])

    def slowly(libraries: tuple[UUID, ...]) -> list[str]:
        meanwhile.append(offered(client))
        return next(made)

    monkeypatch.setattr("webapp.pages.examples.that_work", slowly)
    monkeypatch.setattr("webapp.pages.examples.KEEP_FEW_S", 0)  # old at once
    assert offered(client) == ["dog"]
    assert offered(client) == ["dog", "snow"]
    assert meanwhile == [[], ["dog"]]
