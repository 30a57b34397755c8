"""Asking a moment: the nearest answer, yes or no, not sure; on the page, and for nobody who may not look."""

import numpy as np
import pytest
from django.test import Client

from indexer.models import Library, Space, Video
from search import ask as asking
from search.ask import ask, sentence, statement, verdict
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(library: Library) -> Video:
    """Snow, then a dog."""
    return add_video(library, stored_space(), [showing("snow", seed=1)] * 6 + [showing("dog", 0.9, seed=2)] * 6)


def asked(video: Video, at_s: float, question: str, *answers: str):
    found = ask(video, Space.objects.get(), at_s, question, answers, FakeEngine())
    assert found is not None
    return found


def test_the_nearest_answer_comes_first_and_says_by_how_much(video):
    found = asked(video, 20.0, "What is it?", "snow", "dog", "pie")
    assert found.answers[0].text == "dog"
    assert found.answers[0].similarity == pytest.approx(0.9, abs=0.01)
    assert found.margin == pytest.approx(found.answers[0].similarity - found.answers[1].similarity)
    assert found.sure
    assert found.start_s <= 20.0 <= found.end_s


def test_another_moment_has_another_answer(video):
    assert asked(video, 1.0, "What is it?", "snow", "dog").answers[0].text == "snow"
    assert asked(video, 1e6, "What is it?", "snow", "dog").answers[0].text == "dog"


def test_answers_about_as_near_are_not_sure(video):
    assert not asked(video, 20.0, "What is it?", "boat", "pie").sure


@pytest.mark.parametrize(("word", "answer"), [("dog", "yes"), ("piano", "no")])
def test_yes_or_no_by_the_score_of_the_statement(video, word, answer):
    for given in ((), ("yes", "no"), ("No", "Yes")):
        found = asked(video, 20.0, f"Is there a {word}?", *given)
        assert (found.answers[0].text, found.sure) == (answer, True)
        assert found.score is not None


def test_a_score_between_the_limits_is_not_sure(video, monkeypatch):
    monkeypatch.setattr(asking, "statement_scores", lambda *_: np.array([(asking.YES_FROM + asking.NO_BELOW) / 2]))
    assert not asked(video, 20.0, "Is there a dog?").sure
    assert [verdict(score) for score in (1.0, asking.YES_FROM, asking.NO_BELOW, 0.0)] == ["yes", "yes", "unsure", "no"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Is there a dog in the picture?", "a dog"),
        ("are there two boats", "two boats"),
        ("Does a man ride a bike?", "a man ride a bike"),
        ("Can you see snow in this scene ?", "snow"),
        ("Is the door open?", "the door open"),
        ("a red car", "a red car"),
        ("Is?", "Is"),
    ],
)
def test_a_question_is_put_as_the_statement_a_yes_would_make(question, said):
    assert statement(question) == said


def test_a_video_without_segments_has_no_answer(library):
    empty = add_video(library, stored_space(), [showing("dog")])
    empty.segments.all().delete()
    assert ask(empty, Space.objects.get(), 0.0, "Is it?", (), FakeEngine()) is None
    assert sentence(" What? ", " red ") == "What? red"


# The page


def post(client: Client, video: Video, **fields):
    return client.post(f"/v/{video.pk}/ask", {"t": "20", **fields})


@pytest.fixture
def fake_model(monkeypatch):
    monkeypatch.setattr("webapp.pages.ask.engine", FakeEngine)


@pytest.mark.usefixtures("fake_model")
def test_the_page_shows_the_answers(as_alice, video):
    page = post(as_alice, video, question="What <is> it?", answers="snow, dog; pie").content.decode()
    assert "<strong>dog</strong>" in page
    assert page.count("<li>") == 3
    assert "What &lt;is&gt; it?" in page
    assert "<strong>Yes</strong>" in post(as_alice, video, question="Is there a dog?").content.decode()
    assert "Not sure" in post(as_alice, video, question="What is it?", answers="boat, pie").content.decode()


@pytest.mark.usefixtures("fake_model")
@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"question": " "}, "Type a question first"),
        ({"question": "What?", "answers": "red"}, "leaves nothing to choose"),
        ({"question": "What?", "answers": ",".join(f"a{i}" for i in range(21))}, "more than the 20"),
    ],
)
def test_bad_questions_are_refused_with_a_sentence(as_alice, video, fields, problem):
    assert problem in post(as_alice, video, **fields).content.decode()


def test_a_model_that_is_away_says_so(as_alice, video, monkeypatch):
    monkeypatch.setattr("webapp.pages.ask.engine", AwayEngine)
    assert "does not answer" in post(as_alice, video, question="Is there a dog?").content.decode()


@pytest.mark.usefixtures("fake_model")
def test_nobody_else_may_ask(client, charlie, video):
    assert post(client, video, question="Is there a dog?").status_code in (302, 403)
    client.force_login(charlie)
    assert post(client, video, question="Is there a dog?").status_code == 404
    assert client.get(f"/v/{video.pk}/ask").status_code == 405


def test_the_video_page_offers_to_ask_once_there_is_something_to_ask(as_alice, video):
    assert "Ask about this moment" in as_alice.get(f"/v/{video.pk}").content.decode()
    video.segments.all().delete()
    assert "Ask about this moment" not in as_alice.get(f"/v/{video.pk}").content.decode()
