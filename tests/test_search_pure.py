"""The parts of search that need no database."""

from uuid import UUID

import numpy as np
import pytest

from search import spelling
from search.calibrate import ANSWER, SENSE, Calibration, LibraryFacts, Logit, References, pack, unpack
from search.examples import things
from search.fuse import reciprocal_rank
from search.query import MAX_CHARACTERS, parse
from search.refine import Windows, heat, moments
from tests.search_world import DIM, meaning, showing

CAPTIONS = ["a dog runs on the grass", "a man rides a bicycle down the street", "two children play in the snow"]


@pytest.mark.parametrize(
    ("typed", "text"),
    [("  a \n dog\t", "a dog"), ("ﬁre", "fire"), ("do\x00g\u202e", "dog"), ("", ""), ("e\u0301", "é")],
)
def test_it_normalises_what_was_typed(typed: str, text: str) -> None:
    assert parse(typed).text == text


def test_it_cuts_what_is_too_long() -> None:
    assert len(parse("dog " * 1000).text) <= MAX_CHARACTERS


@pytest.mark.parametrize(("typed", "has_words"), [("?!", False), (" ", False), ("犬", True), ("3", True)])
def test_it_knows_when_nothing_is_asked(typed: str, has_words: bool) -> None:
    assert parse(typed).has_words is has_words


def test_it_fuses_rankings_by_place() -> None:
    fused = reciprocal_rank(["a", "b", "a"], ["b", "c"])
    assert list(fused) == ["b", "a", "c"]
    assert fused["a"] == pytest.approx(1 / 61)


def test_captions_are_spelt_more_like_captions_than_mash_or_other_scripts() -> None:
    table = spelling.count(CAPTIONS * 20)
    caption = spelling.likeness("a dog in the street", table)
    for noise in ("xqzvk jwpfgh", "48291 7731", "собака бежит", "犬が走る"):
        assert spelling.likeness(noise, table) < caption - 1


def windows(similarities: list[float]) -> Windows:
    times = np.array([(2 * i, 2 * i + 4) for i in range(len(similarities))], np.float32)
    return Windows(times, np.array(similarities, np.float32))


def test_a_moment_grows_about_its_best_window_and_moments_never_overlap() -> None:
    w = windows([0.1, 0.1, 0.62, 0.7, 0.6, 0.1, 0.1, 0.1, 0.5, 0.1])
    first, second = moments(w, w.similarities, cutoff=0.4, base=0.1)
    assert (first.first, first.peak, first.last) == (2, 3, 4)
    assert (second.first, second.peak, second.last) == (8, 8, 8)
    assert w.times[first.last, 1] <= w.times[second.first, 0]


def test_no_window_above_the_cutoff_is_no_moment() -> None:
    w = windows([0.3, 0.2])
    assert moments(w, w.similarities, cutoff=0.4, base=0.1) == []


def test_a_moment_goes_over_a_cut_only_where_the_next_shot_is_nearly_as_like() -> None:
    def last(similarity: float, start_s: float) -> int:
        w = Windows(np.array([(0, 4), (start_s, start_s + 4)], np.float32), np.array([0.7, similarity], np.float32))
        (moment,) = moments(w, w.similarities, cutoff=0.65, base=0.1)
        return moment.last

    assert last(0.58, start_s=2) == 1
    assert last(0.58, start_s=4) == 0
    assert last(0.64, start_s=4) == 1


def test_a_moment_does_not_cross_a_gap_in_the_stream() -> None:
    w = Windows(np.array([(0, 4), (100, 104)], np.float32), np.array([0.7, 0.7], np.float32))
    assert [(m.first, m.last) for m in moments(w, w.similarities, 0.4, 0.1)] == [(0, 0), (1, 1)]


def test_the_heat_line_is_the_mean_of_the_windows_that_cover_each_step() -> None:
    w = windows([0.0, 1.0])  # 0-4 s and 2-6 s
    assert heat(w, w.similarities, 6.0, 3) == pytest.approx([0.0, 0.5, 1.0])


def test_the_heat_line_is_cold_where_no_stream_was_read() -> None:
    w = Windows(np.array([(8, 12)], np.float32), np.array([0.9], np.float32))
    assert heat(w, w.similarities, 12.0, 3) == pytest.approx([0.0, 0.0, 0.9])


def references() -> References:
    background = np.stack([showing("boat", 0.2, seed=i) for i in range(20)])
    captions = np.stack([meaning("dog"), meaning("cat")])
    return References(background, captions, ["a dog", "a cat"], spelling.count(CAPTIONS), spelling.remember(["dog"]))


def logit(names: tuple[str, ...], bias: float, **weights: float) -> Logit:
    return Logit(names, tuple(weights.get(name, 0.0) for name in names), bias)


def test_the_score_is_sense_times_answer() -> None:
    sense, answer = logit(SENSE, -1.0, known=3.0), logit(ANSWER, -2.0, similarity=10.0, margin=5.0)
    fitted = Calibration(sense, answer, 0.5, references())
    similarities, margins = np.array([0.5, 0.1], np.float32), np.array([0.2, -0.2], np.float32)
    expected = 1 / (1 + np.exp([-4.0, 2.0]))
    for text, known in (("dog", 1.0), ("gorpet", 0.0)):
        facts = fitted.facts(meaning("dog"), text, LibraryFacts(10, None))
        makes_sense = 1 / (1 + np.exp(1 - 3 * known))
        assert fitted.scores(similarities, margins, facts) == pytest.approx(makes_sense * expected, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "share"),
    [("dog", 1.0), ("Dög!", 1.0), ("a dog", 0.75), ("gorpet dog", 1 / 3), ("犬", 0.0), ("12", 0.0), ("", 0.0)],
)
def test_it_knows_which_share_of_the_letters_is_in_known_words(text: str, share: float) -> None:
    assert spelling.known_share(text, spelling.remember(["dog"])) == pytest.approx(share)


def test_a_growing_library_becomes_part_of_its_own_background_but_never_the_whole() -> None:
    query, own = meaning("dog"), meaning("dog") * 0.6
    bases = [references().facts(query, "dog", LibraryFacts(n, own)).base for n in (0, 1000, 10**9)]
    assert bases[0] == pytest.approx(0.0, abs=1e-6)
    assert bases[0] < bases[1] < bases[2] < 0.6
    assert bases[2] == pytest.approx(0.3, abs=1e-3)


def test_typical_captions_are_those_that_most_embeddings_are_nearest_to() -> None:
    embeddings = np.stack([showing("cat", seed=1), showing("cat", seed=2), showing("dog")])
    assert references().typical(embeddings) == ["a cat", "a dog"]
    assert references().typical(np.empty((0, DIM), np.float32)) == []


def test_it_suggests_things_that_several_captions_name_and_no_half_sentences() -> None:
    captions = ["A cup of coffee on a table.", "Two cats and a cup of coffee", "A man riding", "A man riding a table"]
    assert sorted(things(captions)) == ["a cup of coffee", "a table"]


def test_packed_embeddings_keep_their_direction() -> None:
    embeddings = np.random.default_rng(0).normal(size=(5, 512)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    assert ((unpack(pack(embeddings)) * embeddings).sum(axis=1) > 0.999).all()


def test_ids_break_ties_so_that_the_order_is_stable() -> None:
    ids = [UUID(int=i) for i in range(3)]
    assert list(reciprocal_rank(ids[:2], [ids[1], ids[0]])) == ids[:2]
