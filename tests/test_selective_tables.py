"""Selective decoding as the tables measure it: the online trigger, matching by time, and the ratio. Pure."""

import numpy as np
import pytest

from model_server.evaluation.online import local_variance, smooth, trigger_runs
from model_server.evaluation.pareto import Curve, rate_at, ratios, saved
from model_server.evaluation.rows import Scale, Where
from model_server.evaluation.selective_decoding import Joined, decodes, matched, uniform_runs
from model_server.evaluation.streams import unit
from model_server.vljepa.selective import ward_runs

QUICK = Scale(seed=0, draws=20)


def steps(*levels: float) -> np.ndarray:
    """Six windows at each level."""
    angles = np.repeat(levels, 6)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_the_trigger_cuts_where_the_meaning_changes_and_looks_at_the_past_only():
    stream = steps(0, 1.5, 3)
    runs = trigger_runs(stream, 0.05)
    assert [last for _, last in runs][-1] == len(stream)
    assert len(runs) == 3
    assert all(abs(first - k * 6) <= 1 for k, (first, _) in enumerate(runs))
    assert [first for first, _ in trigger_runs(stream[:11], 0.05)] == [first for first, _ in runs[:2]]
    assert trigger_runs(stream, 100.0) == [(0, 18)]
    assert trigger_runs(stream[:0], 0.1) == []
    assert local_variance(stream).argmax() in range(6, 18)
    assert smooth(stream, 1.0) == pytest.approx(stream)


def test_runs_are_read_at_their_middle_and_matched_by_time():
    embeddings = unit(np.array([[1, 0], [1, 0.2], [1, 0.4], [0, 1], [0.1, 1], [0.2, 1]], np.float32))
    stream = Joined(embeddings, np.arange(6) + 0.5, 6.0, np.array([1.0, 5.0]), [("a",), ("b",)])
    runs = uniform_runs(6, 2)
    assert runs == ward_runs(embeddings, n_runs=2) == [(0, 3), (3, 6)]
    assert np.allclose(matched(stream, runs, pooled=False), embeddings[[1, 4]])
    assert np.allclose(matched(stream, runs, pooled=True)[0], unit(embeddings[:3].mean(axis=0)))
    assert [decodes(stream, rate) for rate in (0.01, 0.5, 9.0)] == [1, 3, 6]


def curve(kind: str, rates: list[float], levels: list[float]) -> Curve:
    return Curve(kind, np.array(rates), np.repeat(np.array(levels)[:, None], 5, axis=1))


def test_how_many_decodes_a_better_cut_saves():
    uniform, ward = curve("uniform, exact", [1.0, 0.1], [0.4, 0.2]), curve("Ward, exact", [0.5, 0.25], [0.5, 0.4])
    papers, strict = ratios(uniform, ward, 1.0, np.arange(5))
    assert papers == pytest.approx(4.0)
    assert 1 < strict < 4, "where uniform decoding still climbs, it needs less than 1 Hz for 95 %"
    rows = saved(Where("selective decoding", "b", 5, "", QUICK), uniform, ward, 1.0)
    assert (rows[0].value, rows[0].interval_95, rows[0].n) == (4.0, (4.0, 4.0), 5)
    worse = saved(Where("s", "b", 5, "", QUICK), uniform, curve("Ward, exact", [0.5], [0.1]), 1.0)
    assert worse[0].value is None
    assert "never reach" in worse[0].note
    nothing = curve("uniform, exact", [1.0], [0.0])
    assert np.isnan(ratios(nothing, ward, 1.0, np.arange(5))).all()
    assert np.isnan(rate_at(np.array([1.0]), np.array([1.0]), 2.0))
