"""Ward, connected in time: pure."""

import numpy as np
import pytest

from model_server.vljepa.selective import ward_distance, ward_runs


def unit(*angles: float) -> np.ndarray:
    return np.array([[np.cos(a), np.sin(a)] for a in angles], np.float32)


def test_it_cuts_where_the_meaning_changes():
    assert ward_runs(unit(0, 0.1, 0.05, 2, 2.1, 0), threshold=1.0) == [(0, 3), (3, 5), (5, 6)]


def test_it_never_joins_what_is_not_next_to_each_other():
    """The same meaning twice, with another between, is three runs and not two."""
    assert ward_runs(unit(0, 0, 3, 3, 0, 0), n_runs=3) == [(0, 2), (2, 4), (4, 6)]


@pytest.mark.parametrize("seed", range(5))
def test_runs_tile_the_stream_in_order_and_a_higher_threshold_gives_no_more_of_them(seed):
    rng = np.random.default_rng(seed)
    stream = unit(*np.cumsum(rng.normal(size=80) * 0.4))
    n_before = len(stream) + 1
    for threshold in (0.1, 0.5, 1.0, 2.0, 100.0):
        runs = ward_runs(stream, threshold=threshold)
        assert [first for first, _ in runs] == [0, *(last for _, last in runs[:-1])]
        assert runs[-1][1] == len(stream)
        assert len(runs) <= n_before
        n_before = len(runs)
    assert n_before == 1


def test_it_cuts_into_as_many_runs_as_asked_and_never_more_than_windows():
    assert len(ward_runs(unit(0, 1, 2, 3), n_runs=2)) == 2
    assert len(ward_runs(unit(0, 1), n_runs=9)) == 2


def test_a_stream_of_one_window_or_none_needs_no_clustering():
    assert ward_runs(unit(1), threshold=1.0) == [(0, 1)]
    assert ward_runs(unit(), threshold=1.0) == []


def test_a_threshold_or_a_number_but_not_both():
    with pytest.raises(ValueError, match="one of them"):
        ward_runs(unit(0, 1), threshold=1.0, n_runs=1)
    with pytest.raises(ValueError, match="one of them"):
        ward_runs(unit(0, 1))


def test_our_distance_is_the_height_at_which_the_clustering_merges():
    a, b = unit(0, 0.1, 0.2), unit(1.0, 1.2)
    cost = ward_distance(3, a.mean(axis=0), 2, b.mean(axis=0))
    both = np.concatenate([a, b])
    assert len(ward_runs(both, threshold=cost - 1e-4)) == 2
    assert len(ward_runs(both, threshold=cost + 1e-4)) == 1
