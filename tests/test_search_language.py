"""Minus, `then` and quotes on real Postgres, with an engine that knows a few words."""

import numpy as np
import pytest

from indexer import words
from indexer.models import Caption, Library, Segment, Space
from search.engine import SearchRequest, search
from search.order import chains
from search.query import QueryError
from search.refine import Windows
from search.timeline import heat_map
from tests.search_world import AwayEngine, FakeEngine, add_video, meaning, showing, stored_space

pytestmark = pytest.mark.django_db

QUIET = showing("snow", seed=1)


@pytest.fixture
def space() -> Space:
    return stored_space()


def ask(text: str, library: Library, engine: FakeEngine | None = None, **more):
    return search(SearchRequest(text, (library.pk,), **more), engine or FakeEngine())


def titles(results) -> list[str]:
    return [video.title for video in results.videos]


def both(one: str, other: str) -> np.ndarray:
    """A picture of two things."""
    mixed = 0.6 * meaning(one) + 0.6 * meaning(other)
    rest = showing("snow", seed=5) - showing("snow", 0.0, seed=5)
    return mixed + np.sqrt(1 - mixed @ mixed) * rest / np.linalg.norm(rest)


# Minus


def test_a_minus_drops_what_shows_both_and_keeps_what_shows_one(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog", 0.7, seed=2)] * 3, title="dog alone")
    add_video(library, space, [both("dog", "cat")] * 3, title="dog and cat")
    assert sorted(titles(ask("dog", library))) == ["dog alone", "dog and cat"]
    results = ask("dog -cat", library)
    assert titles(results) == ["dog alone"]
    assert results.said == "“dog” without “cat”"


def test_a_minus_drops_a_part_of_a_video(library: Library, space: Space) -> None:
    film = [showing("dog", 0.7, seed=2)] * 3 + [QUIET] * 5 + [both("dog", "cat")] * 3
    add_video(library, space, film)
    assert [hit.start_s for hit in ask("dog", library).videos[0].hits] == [0.0, 16.0]
    assert [hit.start_s for hit in ask("dog -cat", library).videos[0].hits] == [0.0]


def test_each_minus_counts(library: Library, space: Space) -> None:
    for other in ("cat", "boat", "train"):
        add_video(library, space, [both("dog", other)] * 3, title=other)
    assert titles(ask("dog -cat -boat", library)) == ["train"]


def test_a_minus_keeps_titles_out(library: Library, space: Space) -> None:
    add_video(library, space, [QUIET] * 3, title="rocket and piano")
    add_video(library, space, [QUIET] * 3, title="rocket alone")
    assert titles(ask("rocket -piano", library)) == ["rocket alone"]


def test_where_a_minus_leaves_nothing_nothing_matches(library: Library, space: Space) -> None:
    add_video(library, space, [both("dog", "cat")] * 3)
    assert ask("dog -cat", library).nothing_matches


# Contrast


def test_rather_than_keeps_what_is_nearer_to_the_one_than_to_the_other(library: Library, space: Space) -> None:
    near_cat = [both("cat", "dog") + 0.1 * meaning("cat")]
    film = [both("dog", "cat") + 0.1 * meaning("dog")] * 3 + [QUIET] * 5 + near_cat * 3
    video = add_video(library, space, [e / np.linalg.norm(e) for e in film])
    assert len(ask("dog", library).videos[0].hits) == 2
    results = ask("dog rather than cat", library)
    assert [hit.start_s for hit in results.videos[0].hits] == [0.0]
    assert [hit.start_s for hit in ask("cat rather than dog", library).videos[0].hits] == [16.0]
    line = heat_map(video, "dog rather than cat", FakeEngine())
    assert line[0].score > 0.5
    assert line[-1].score == 0


# Quotes


def test_quotes_ask_for_the_very_words_in_a_title(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog", seed=2)] * 3, title="Red bus in May")
    add_video(library, space, [showing("dog", 0.9, seed=2)] * 3, title="Bus that is red")
    assert titles(ask("dog", library))[0] == "Bus that is red"
    results = ask('"red bus" dog', library)
    assert titles(results) == ["Red bus in May"]
    assert results.videos[0].hits[0].reason == "both"


def test_quotes_find_the_words_where_the_model_sees_something_else(library: Library, space: Space) -> None:
    add_video(library, space, [QUIET] * 3, title="Red bus in May")
    (hit,) = ask('"red bus" dog', library).videos[0].hits
    assert hit.reason == "words"


def test_quotes_pick_the_segment_whose_caption_says_it(library: Library, space: Space) -> None:
    video = add_video(library, space, [showing("dog", 0.7, seed=2)] * 5 + [showing("dog", 0.7, seed=9)] * 5)
    first, second = Segment.objects.filter(video=video).order_by("start_s")
    Caption.objects.create(
        video=video, space=space, start_s=second.start_s, end_s=second.end_s, text="A red bus.", agreement=0.9
    )
    words.write(Segment.objects.filter(video=video), video.title)
    (hit,) = ask('"red bus" dog', library).videos[0].hits
    assert hit.start_s >= first.end_s - 2


# Then


def test_then_finds_the_order_and_not_its_reverse(library: Library, space: Space) -> None:
    dog, boat = showing("dog", seed=2), showing("boat", seed=3)
    add_video(library, space, [QUIET] * 3 + [dog] + [QUIET] * 3 + [boat] + [QUIET] * 3, title="dog, boat")
    add_video(library, space, [QUIET] * 3 + [boat] + [QUIET] * 3 + [dog] + [QUIET] * 3, title="boat, dog")
    results = ask("dog then boat", library)
    assert titles(results) == ["dog, boat"]
    (hit,) = results.videos[0].hits
    assert (hit.start_s, hit.best_s, hit.then_s, hit.end_s) == (6.0, 8.0, (16.0,), 18.0)
    assert results.said == "“dog”, then within 30 s “boat”"
    assert titles(ask("boat then dog", library)) == ["boat, dog"]


def test_then_keeps_to_its_span(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog", seed=2), *[QUIET] * 25, showing("boat", seed=3)])
    assert ask("dog then boat", library).nothing_matches
    assert ask("dog then boat within 1 min", library).n_moments == 1


def test_where_the_steps_do_not_meet_nothing_matches_and_the_nearest_is_shown(library: Library, space: Space) -> None:
    add_video(library, space, [QUIET, showing("dog", 0.1), QUIET, showing("boat", 0.1), QUIET])
    results = ask("dog then boat", library, cutoff=0.3)
    assert results.nothing_matches
    assert len(results.nearest) == 1
    assert results.nearest[0].score < 0.3


def test_three_steps_and_a_minus(library: Library, space: Space) -> None:
    dog, boat, pie = (showing(word, seed=i) for i, word in enumerate(("dog", "boat", "pie"), 2))
    add_video(library, space, [dog, QUIET, boat, QUIET, pie], title="all")
    add_video(library, space, [dog, QUIET, both("boat", "cat"), QUIET, pie], title="with a cat")
    add_video(library, space, [dog, QUIET, pie, QUIET, boat], title="another order")
    assert sorted(titles(ask("dog then boat then pie", library))) == ["all", "with a cat"]
    assert titles(ask("dog then boat -cat then pie", library)) == ["all"]


def test_without_the_model_there_is_no_order(library: Library, space: Space) -> None:
    add_video(library, space, [QUIET], title="dog boat")
    results = ask("dog then boat", library, engine=AwayEngine())
    assert (results.nothing_matches, results.words_only) == (True, True)


def test_what_cannot_be_understood_is_refused_unless_it_is_plain(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog")])
    with pytest.raises(QueryError):
        ask('dog "', library)
    assert ask('" dog', library, plain=True).n_videos == 1


def test_the_line_under_the_scrubber_rises_at_every_step(library: Library, space: Space) -> None:
    video = add_video(library, space, [QUIET] * 5 + [showing("dog")] + [QUIET] * 5 + [showing("boat")] + [QUIET] * 5)
    warm = [step.start_s for step in heat_map(video, "dog then boat", FakeEngine()) if step.similarity > 0.3]
    assert any(9 <= second <= 13 for second in warm)
    assert any(21 <= second <= 25 for second in warm)
    assert heat_map(video, 'dog "', FakeEngine()) == []


# The chains alone


def line(*similarities: float) -> Windows:
    times = np.array([(2 * i, 2 * i + 4) for i in range(len(similarities))], np.float32)
    return Windows(times, np.array(similarities, np.float32))


def test_a_chain_is_as_good_as_its_weakest_step_and_equals_go_by_the_rest() -> None:
    a, b = line(0.9, 0, 0.6, 0, 0, 0), line(0, 0, 0, 0.5, 0, 0.5)
    (best, *_) = chains([a, b], [a.similarities, b.similarities], within_s=30, cutoff=0.1)
    assert best.places[0] == 0
    assert best.score == pytest.approx(0.5)


def test_chains_are_the_best_of_all_pairs() -> None:
    draw = np.random.default_rng(3)
    for _ in range(30):
        a, b = line(*draw.random(12)), line(*draw.random(12))
        pairs = [
            (min(a.similarities[i], b.similarities[j]), a.similarities[i] + b.similarities[j], i, j)
            for i in range(12)
            for j in range(12)
            if j > i and b.times[j, 0] - a.times[i, 1] <= 6
        ]
        _, _, i, j = max(pairs)
        (best, *_) = chains([a, b], [a.similarities, b.similarities], within_s=6, cutoff=0.0)
        assert best.places == (i, j)


def test_chains_do_not_overlap() -> None:
    a, b = line(0.9, 0, 0, 0, 0.8, 0, 0, 0), line(0, 0.7, 0, 0, 0, 0, 0.6, 0)
    first, second = chains([a, b], [a.similarities, b.similarities], within_s=30, cutoff=0.1)
    assert (first.places, second.places) == ((0, 1), (4, 6))
