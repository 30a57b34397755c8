"""Why a moment is a hit, or is none."""

import numpy as np
import pytest
from django.test import Client

from indexer.models import Caption, Segment
from search import explain as explaining
from search.calibrate import Calibration, References
from search.explain import explain
from tests.search_world import AwayEngine, FakeEngine, add_video, meaning, showing, stored_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def film(library):
    return add_video(
        library, stored_space(), [*[showing("snow", 0.95, seed=1)] * 4, *[showing("dog", 0.9, seed=2)] * 3]
    )


@pytest.fixture(autouse=True)
def _words(monkeypatch):
    monkeypatch.setattr("webapp.pages.why.engine", FakeEngine)


def test_it_tells_the_best_second_its_score_and_caption(film):
    segment = Segment.objects.get(start_s__gt=0)
    span = {"video": film, "space": segment.space, "start_s": segment.start_s, "end_s": segment.end_s}
    Caption.objects.create(**span, text="A dog runs.", agreement=0.4)
    why = explain(film, "dog", 13.0, FakeEngine())
    assert why is not None
    assert 8 <= why.best_s <= 16
    assert (why.is_hit, why.caption, why.unsure) == (True, "A dog runs.", True)
    assert why.similarity == pytest.approx(0.9, abs=0.01)
    absent = explain(film, "boat", 1.0, FakeEngine())
    assert absent is not None
    assert (absent.is_hit, absent.caption) == (False, "")
    assert explain(film, "", 1.0, FakeEngine()) is None


def test_it_says_what_the_moment_looks_most_like():
    texts = ["a dog", "a cat", "a train", "a pie"]
    captions = np.stack([meaning(text.split()[1]) for text in texts])
    references = References(captions, captions, texts, np.zeros((1, 1), np.float32), np.zeros(0, np.uint64))
    calibration = Calibration(None, None, 0.5, references)  # type: ignore[arg-type]  # only the captions are read
    phrases = explaining.nearest(calibration, 0.8 * meaning("cat") + 0.6 * meaning("pie"))
    assert [phrase.text for phrase in phrases][:2] == ["a cat", "a pie"]
    assert phrases[0].similarity == pytest.approx(0.8)


def test_the_page_says_it(as_alice, film, charlie, monkeypatch):
    said = as_alice.get(f"/v/{film.pk}/why?q=dog&t=13").content.decode()
    assert "a hit: those begin at" in said
    assert "no hit" in as_alice.get(f"/v/{film.pk}/why?q=boat&t=1").content.decode()
    assert "nothing was asked" in as_alice.get(f"/v/{film.pk}/why?t=1").content.decode()
    stranger = Client()
    stranger.force_login(charlie)
    assert stranger.get(f"/v/{film.pk}/why?q=dog&t=13").status_code == 404
    monkeypatch.setattr("webapp.pages.why.engine", AwayEngine)
    assert "The model does not answer" in as_alice.get(f"/v/{film.pk}/why?q=dog&t=1").content.decode()
