"""Hits carry the caption of the segment they lie in, and are found by its words."""

import pytest

from indexer import captions
from indexer.models import Caption, Space, Video
from search.captions import with_captions
from search.engine import search
from search.results import SearchRequest
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def space() -> Space:
    return stored_space()


@pytest.fixture
def other_space(space) -> Space:
    """Being built beside the one that answers."""
    return stored_space("v2")


@pytest.fixture
def dogs(library, space) -> Video:
    """A dog between two stretches of snow, each segment with its caption."""
    snow, dog = showing("snow", seed=1), showing("dog", 0.9, seed=2)
    video = add_video(library, space, [snow] * 6 + [dog] * 4 + [snow] * 6, title="clip")
    said = ["Snow on a roof", "A puppy runs", "More snow"]
    assert video.segments.count() == len(said)
    captions.keep(
        video,
        space,
        [
            Caption(video=video, space=space, start_s=s.start_s, end_s=s.end_s, text=text, agreement=0.75)
            for s, text in zip(video.segments.order_by("start_s"), said, strict=True)
        ],
    )
    return video


def asked(library, text: str, engine: FakeEngine | None = None, **fields):
    return search(SearchRequest(text, (library.pk,), **fields), engine or FakeEngine())


def test_a_hit_carries_the_caption_of_its_segment(library, dogs):
    [hit] = asked(library, "dog").videos[0].hits
    assert (hit.caption, hit.agreement, hit.reason) == ("A puppy runs", 0.75, "meaning")


def test_a_word_of_a_caption_finds_its_segment_and_says_so(library, dogs):
    [hit] = asked(library, "puppy", cutoff=1.0).videos[0].hits
    assert (hit.reason, hit.words_in, hit.caption) == ("words", "caption", "A puppy runs")
    assert asked(library, "puppy dog", AwayEngine()).videos == [], "every word must be there"
    found = asked(library, "puppy", AwayEngine())
    assert [h.caption for h in found.videos[0].hits] == ["A puppy runs"]


def test_words_and_meaning_together_are_both(library, dogs):
    Caption.objects.filter(text="A puppy runs").update(text="A dog runs")
    captions.keep(dogs, Space.objects.get(), list(dogs.captions.all()))
    [hit] = asked(library, "dog").videos[0].hits
    assert (hit.reason, hit.words_in, hit.caption) == ("both", "caption", "A dog runs")


def test_the_nearest_that_are_offered_carry_captions_too(library, dogs):
    results = asked(library, "rocket")
    assert results.nothing_matches
    assert all(hit.caption for video in results.nearest for hit in video.hits)


def test_a_caption_of_another_cut_or_another_space_is_not_shown(library, other_space, dogs):
    segment = dogs.segments.order_by("start_s")[1]
    Caption.objects.filter(text="A puppy runs").update(end_s=segment.end_s - 1)
    [hit] = asked(library, "dog").videos[0].hits
    assert (hit.caption, hit.agreement) == ("", None)
    span = {"start_s": segment.start_s, "end_s": segment.end_s}
    Caption.objects.create(video=dogs, space=other_space, **span, text="A cat runs", agreement=0.9)
    [hit] = asked(library, "dog").videos[0].hits
    assert hit.caption == ""


def test_one_query_captions_everything(library, dogs, space, django_assert_num_queries):
    add_video(library, space, [showing("dog", 0.9)] * 3, title="second")
    results = asked(library, "dog")
    assert results.n_videos == 2
    with django_assert_num_queries(1):
        assert [v.hits[0].caption for v in with_captions(results, space).videos].count("A puppy runs") == 1
