"""From a stream to segments and anchors: pure."""

from itertools import pairwise

import numpy as np
import pytest

from indexer import detail, segments
from model_server.vljepa import selective


def times(n: int, start_s: float = 0.0) -> np.ndarray:
    return np.array([(start_s + 2 * k, start_s + 2 * k + 4) for k in range(n)], np.float32)


def noise(n: int, seed: int = 0) -> np.ndarray:
    raw = np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def near_noise(n: int) -> np.ndarray:
    """Scenes of ten windows, each with some noise about its own direction."""
    raw = np.repeat(noise(-(-n // 10), seed=1), 10, axis=0)[:n] + 0.5 * noise(n)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def towards(axis: int, n: int) -> np.ndarray:
    return np.tile(np.eye(16, dtype=np.float32)[axis], (n, 1))


@pytest.mark.parametrize("n", [1, 2, 17, 700])
def test_segments_tile_the_video_and_none_is_empty(n):
    cut = segments.cut(times(n), noise(n))
    assert cut[0].start_s == 0
    assert cut[-1].end_s == 2 * n + 2
    assert all(a.end_s == b.start_s for a, b in pairwise(cut))
    assert all(segment.start_s < segment.end_s and segment.anchors for segment in cut)


def test_segments_meet_half_way_between_the_windows_either_side():
    cut = segments.cut(times(6), np.concatenate([towards(0, 3), towards(1, 3)]))
    assert [(s.start_s, s.end_s) for s in cut] == [(0, 7), (7, 14)]


def test_a_segment_is_found_by_its_mean_and_by_every_window_far_from_it():
    stream = np.concatenate([towards(0, 9), towards(1, 1), towards(0, 9)])
    (segment,) = [segments.Segment(0, 1, segments._anchors(0.0, 40.0, times(19), stream))]
    mean, *far = segment.anchors
    assert mean.embedding @ np.eye(16)[0] > 0.99
    assert (mean.start_s, mean.end_s) == (0, 40)
    assert [(anchor.start_s, anchor.end_s) for anchor in far] == [(18, 22)]
    assert far[0].embedding @ np.eye(16)[1] == 1


def test_anchors_have_length_one_and_every_window_lies_near_one_of_its_segment():
    t, stream = times(400), noise(400, seed=3)
    for segment in segments.cut(t, stream):
        anchors = np.stack([anchor.embedding for anchor in segment.anchors])
        assert np.allclose(np.linalg.norm(anchors, axis=1), 1, atol=1e-5)
        centres = t.mean(axis=1)
        inside = stream[(centres > segment.start_s) & (centres < segment.end_s)]
        assert ((inside @ anchors.T).max(axis=1) >= segments.FAR_COSINE - 1e-6).all()


def test_windows_that_cancel_out_each_stand_for_themselves():
    stream = np.concatenate([towards(0, 1), -towards(0, 1)])
    assert len(segments._anchors(0.0, 6.0, times(2), stream)) == 2


def test_the_edge_of_a_piece_is_no_cut_where_nothing_changes():
    assert len(segments.cut(times(900), towards(0, 900))) == 1


def test_a_cut_at_the_edge_of_a_piece_stays():
    stream = np.concatenate([towards(0, 300), towards(1, 300)])
    assert [s.start_s for s in segments.cut(times(600), stream)] == [0, 601]


def test_ward_never_sees_more_than_a_piece_however_long_the_video(monkeypatch):
    seen = []

    def ward_runs(embeddings, *, threshold):
        seen.append(len(embeddings))
        return selective.ward_runs(embeddings, threshold=threshold)

    monkeypatch.setattr(segments, "ward_runs", ward_runs)
    segments.cut(times(3600), noise(3600))  # two hours
    assert seen == [300] * 12


def test_half_precision_in_is_single_precision_out():
    cut = segments.cut(times(5), noise(5).astype(np.float16))
    assert {anchor.embedding.dtype for segment in cut for anchor in segment.anchors} == {np.dtype(np.float32)}


@pytest.mark.parametrize("n", [1, 2, 250])
def test_a_stream_is_cut_again_from_what_is_stored_of_it(n):
    """As Ward would cut it now, at every detail."""
    t, stream = times(n), near_noise(n)
    details = segments.details(t, stream)
    for k, factor in enumerate(detail.FACTORS):
        runs = segments.runs_of(t, stream, segments.DISTANCE_THRESHOLD * factor)
        assert detail.spans(t, details, k) == list(pairwise(detail.edges(t, [first for first, _ in runs])))
    as_indexed = [(s.start_s, s.end_s) for s in segments.cut(t, stream)]
    assert detail.spans(t, details, detail.AS_INDEXED) == as_indexed, "to the bit: captions are kept by their spans"


def test_a_finer_cut_has_every_edge_of_a_coarser_one():
    t, stream = times(900), near_noise(900)  # half an hour: pieces
    details = segments.details(t, stream)
    cuts = [{start_s for start_s, _ in detail.spans(t, details, k)} for k in range(len(detail.FACTORS))]
    assert all(coarse <= fine for coarse, fine in pairwise(cuts))
    assert len(cuts[0]) < len(cuts[detail.AS_INDEXED]) < len(cuts[detail.FINEST])


def test_nothing_is_cut_out_of_nothing():
    assert detail.spans(np.empty((0, 2), np.float32), np.empty(0, np.uint8), 3) == []
