"""Search on real Postgres, with an engine that knows a few words."""

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest

from indexer import spaces
from indexer.models import Library, Space, Video
from search.engine import SearchRequest, search
from search.filters import Filters
from search.timeline import heat_map
from tests.search_world import AwayEngine, FakeEngine, add_video, meaning, showing, stored_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def space() -> Space:
    return stored_space()


def ask(text: str, *libraries: Library, engine: FakeEngine | None = None, **filters):
    request = SearchRequest(text, tuple(library.pk for library in libraries), **filters)
    return search(request, engine or FakeEngine())


def titles(results) -> list[str]:
    return [video.title for video in results.videos]


def similarities(results) -> list[float]:
    return [hit.similarity for video in results.videos for hit in video.hits]


def test_it_ranks_the_nearest_video_first(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog", 0.5)], title="faint")
    add_video(library, space, [showing("dog", 0.8)], title="clear")
    add_video(library, space, [showing("train", 0.8)], title="other")
    results = ask("a dog", library)
    assert titles(results) == ["clear", "faint"]
    assert [v.hits[0].similarity for v in results.videos] == pytest.approx([0.8, 0.5], abs=1e-3)
    assert (results.n_videos, results.n_moments, results.nothing_matches) == (2, 2, False)
    assert results.took_ms > 0


def test_it_finds_the_second(library: Library, space: Space) -> None:
    minute = [showing("train", seed=1)] * 20 + [showing("dog", 0.75)] * 3 + [showing("train", seed=1)] * 20
    add_video(library, space, minute)
    (hit,) = ask("dog", library).videos[0].hits
    assert (hit.start_s, hit.end_s) == (40.0, 48.0)
    assert hit.start_s <= hit.best_s < hit.end_s
    assert (hit.reason, hit.words_in) == ("meaning", "")


def test_a_single_window_inside_a_long_segment_is_found(library: Library, space: Space) -> None:
    film = [showing("train", 0.9, seed=1)] * 400
    film[300] = showing("dog", 0.75)
    add_video(library, space, film, title="film")
    (hit,) = ask("dog", library).videos[0].hits
    assert hit.start_s == 600.0


def test_two_moments_of_one_video_are_grouped_best_first(library: Library, space: Space) -> None:
    other = [showing("train", seed=1)] * 10
    add_video(library, space, [showing("dog", 0.6), *other, showing("dog", 0.8), *other])
    results = ask("dog", library)
    assert [(h.start_s, round(h.similarity, 1)) for h in results.videos[0].hits] == [(22.0, 0.8), (0.0, 0.6)]
    assert (results.n_videos, results.n_moments) == (1, 2)


def test_the_heat_line_is_hot_where_the_hit_is(library: Library, space: Space) -> None:
    add_video(library, space, [showing("train", seed=1)] * 20 + [showing("dog", 0.75)] * 2)
    video = ask("dog", library).videos[0]
    assert np.argmax(video.heat) > 0.85 * len(video.heat)


def test_it_says_that_nothing_matches_and_offers_the_nearest(library: Library, space: Space) -> None:
    for i in range(7):
        add_video(library, space, [showing("dog", 0.2 + i / 100)], title=f"dog {i}")
    results = ask("a nosuchword", library)
    assert results.nothing_matches
    assert results.videos == []
    assert len(results.nearest) == 5
    assert not ask("a cat", library, cutoff=-1.0).nothing_matches


def test_nearest_are_offered_beside_hits_where_asked(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog")], title="dog")
    add_video(library, space, [showing("train")], title="train")
    assert ask("dog", library).nearest == []
    assert [v.title for v in ask("dog", library, show_nearest=True).nearest] == ["train"]


@pytest.mark.parametrize("typed", ["", "  ", "?!"])
def test_asking_for_nothing_finds_nothing(library: Library, space: Space, typed: str) -> None:
    add_video(library, space, [showing("dog")])
    assert ask(typed, library).nothing_matches


def test_before_anything_is_indexed_nothing_matches(library: Library) -> None:
    assert ask("dog", library).nothing_matches


def test_other_libraries_are_not_searched(library: Library, space: Space) -> None:
    secret = Library.objects.create(name="Charlie's")
    add_video(secret, space, [showing("dog")], title="dog")
    assert ask("dog", library).nothing_matches
    assert ask("dog").nothing_matches
    assert titles(ask("dog", library, secret)) == ["dog"]


def test_it_filters_by_the_date_a_video_was_added(library: Library, space: Space) -> None:
    days = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3)]
    for day in days:
        add_video(library, space, [showing("dog")], title=f"{day:%d}", created_at=day)
    assert titles(ask("dog", library, filters=Filters(date_from=days[1], date_to=days[2]))) == ["02"]
    assert sorted(titles(ask("dog", library, filters=Filters(date_from=days[1])))) == ["02", "03"]


def test_a_video_being_deleted_never_appears(library: Library, space: Space) -> None:
    video = add_video(library, space, [showing("dog")], title="dog")
    Video.objects.filter(pk=video.pk).update(status=Video.Status.DELETING)
    results = ask("dog", library)
    assert results.nothing_matches
    assert results.nearest == []


def test_spaces_are_never_mixed(library: Library, space: Space) -> None:
    newer = stored_space("v2")
    add_video(library, space, [showing("dog", 0.6)], title="a")
    add_video(library, newer, [showing("dog", 0.9)], title="b")
    assert similarities(ask("dog", library, engine=FakeEngine("v1"))) == [pytest.approx(0.6, abs=1e-3)]
    spaces.activate(newer)
    assert similarities(ask("dog", library, engine=FakeEngine("v2"))) == [pytest.approx(0.9, abs=1e-3)]


def test_a_changed_model_searches_words_alone_and_says_so(library: Library, space: Space) -> None:
    add_video(library, space, [showing("cat", 0.9)], title="my dog")
    add_video(library, space, [showing("dog", 0.9)], title="untitled")
    results = ask("dog", library, engine=FakeEngine("v2"))
    assert titles(results) == ["my dog"]
    assert "changed" in results.notice
    assert "titles and captions" in results.notice


def test_words_are_found_while_the_model_is_away(library: Library, space: Space) -> None:
    add_video(library, space, [showing("cat")], title="my dog")
    results = ask("dog", library, engine=AwayEngine())
    assert [h.reason for h in results.videos[0].hits] == ["words"]
    assert "does not answer" in results.notice


def test_a_hit_by_words_alone_is_kept_and_says_so(library: Library, space: Space) -> None:
    add_video(library, space, [showing("train", 0.9)], title="Rex the dog")
    (hit,) = ask("dog", library).videos[0].hits
    assert (hit.reason, hit.words_in) == ("words", "title")
    assert hit.similarity < 0.1


def test_a_hit_by_words_and_meaning_says_both_and_comes_first(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog", 0.9)], title="untitled")
    add_video(library, space, [showing("dog", 0.6)], title="dog")
    results = ask("dog", library)
    assert [(v.title, v.hits[0].reason) for v in results.videos] == [("dog", "both"), ("untitled", "meaning")]


def test_the_same_question_gets_the_same_order(library: Library, space: Space) -> None:
    for i in range(12):
        add_video(library, space, [showing("dog", 0.7, seed=i % 2)], title=f"{i}")
    assert len({tuple(titles(ask("dog", library))) for _ in range(3)}) == 1


def test_the_limit_is_on_videos(library: Library, space: Space) -> None:
    for i in range(4):
        add_video(library, space, [showing("dog")], title=f"{i}")
    assert len(ask("dog", library, limit=2).videos) == 2


def test_a_model_without_calibration_says_that_scores_are_plain(library: Library, space: Space) -> None:
    add_video(library, space, [showing("dog", 0.6)])
    results = ask("dog", library)
    assert "plain similarities" in results.notice
    assert results.videos[0].hits[0].score == pytest.approx(0.6, abs=1e-3)


def test_the_heat_map_covers_the_whole_video_in_steps(library: Library, space: Space) -> None:
    film = [showing("train", seed=1)] * 350
    film[320] = meaning("dog")
    video = add_video(library, space, film)
    steps = heat_map(video, "dog", FakeEngine())
    assert steps[0].start_s == 0
    assert steps[-1].end_s == pytest.approx(702.0)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(steps))
    hottest = max(steps, key=lambda step: step.similarity)
    assert 640 <= hottest.start_s <= 644
    assert hottest.score == max(step.score for step in steps)


def test_the_heat_map_of_an_unindexed_video_is_empty(library: Library, space: Space) -> None:
    video = Video.objects.create(library=library, title="new", original="x", size_bytes=1)
    assert heat_map(video, "dog", FakeEngine()) == []
    assert heat_map(video, "", FakeEngine()) == []
