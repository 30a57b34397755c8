"""A query along one video, for programs: moments and their reasons."""

import pytest

from indexer.models import Library, Video
from tests.api_world import film
from tests.search_world import AwayEngine, FakeEngine
from tests.test_api import caller

__all__ = ["film"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch) -> None:
    monkeypatch.setattr("webapp.api.moments.engine", FakeEngine)


def test_moments_are_counted_and_summed(alice, film: Video) -> None:
    found = caller(alice).get(f"/api/v1/videos/{film.pk}/moments", {"q": "a dog", "at_least": 40}).json()
    (moment,) = found["moments"]
    assert (found["n_moments"], found["total_s"]) == (1, moment["end_s"] - moment["start_s"])
    assert moment["start_s"] == pytest.approx(10, abs=2)
    assert caller(alice).get(f"/api/v1/videos/{film.pk}/moments", {"q": "rocket"}).json()["n_moments"] == 0


def test_it_says_why_a_moment_is_a_hit_or_is_none(alice, film: Video) -> None:
    path = f"/api/v1/videos/{film.pk}/why"
    assert caller(alice).get(path, {"q": "dog", "t": 13}).json()["is_hit"]
    assert not caller(alice).get(path, {"q": "boat", "t": 1}).json()["is_hit"]


@pytest.mark.parametrize("tail", ["moments", "why"])
def test_who_may_not_see_and_what_cannot_be_answered(
    alice, charlie, film: Video, library: Library, monkeypatch, tail: str
) -> None:
    path = f"/api/v1/videos/{film.pk}/{tail}"
    assert caller(charlie).get(path, {"q": "dog"}).status_code == 404
    assert [caller(alice).get(path, asked).status_code for asked in ({}, {"q": ""})] == [422, 422]
    bare = Video.objects.create(library=library, title="waits", original="x", size_bytes=1)
    expected = 200 if tail == "moments" else 409
    assert caller(alice).get(f"/api/v1/videos/{bare.pk}/{tail}", {"q": "dog"}).status_code == expected
    monkeypatch.setattr("webapp.api.moments.engine", AwayEngine)
    assert caller(alice).get(path, {"q": "dog"}).status_code == 503
