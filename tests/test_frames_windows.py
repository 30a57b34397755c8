"""Windows are arithmetic: no video, no database."""

import numpy as np
import pytest

from model_server.engine import Space
from model_server.frames.windows import Window, one_picture, sample

SPACE = Space("m", "v", dim=8, clip_frames=8, window_s=4.0, stride_s=2.0, prompt="", frame_px=32)


def test_it_cuts_a_long_video_into_overlapping_windows():
    sampling = sample(8.0, SPACE)
    assert sampling.interval_s == 0.5
    assert sampling.windows == [Window(0.0, 4.0), Window(2.0, 6.0), Window(4.0, 8.0)]
    assert sampling.index.tolist() == [list(range(k, k + 8)) for k in (0, 4, 8)]
    np.testing.assert_allclose(sampling.frame_times, np.arange(16) * 0.5 + 0.25)


def test_it_aligns_a_last_window_to_the_last_frame_of_a_tail():
    sampling = sample(9.3, SPACE)
    assert [w.start_s for w in sampling.windows] == [0.0, 2.0, 4.0, 5.0]
    assert sampling.index[-1, -1] == len(sampling.frame_times) - 1 == 17


def test_it_spreads_one_clip_over_a_short_video():
    sampling = sample(1.0, SPACE)
    assert sampling.windows == [Window(0.0, 1.0)]
    assert sampling.index.tolist() == [list(range(8))]
    np.testing.assert_allclose(sampling.frame_times, (np.arange(8) + 0.5) / 8)


def test_it_gives_a_video_as_long_as_a_window_one_window():
    assert sample(4.0, SPACE).windows == [Window(0.0, 4.0)]


def test_it_takes_one_frame_of_one_picture():
    for sampling in (sample(0.0, SPACE), one_picture(5.0)):
        assert sampling.index.tolist() == [[0]]
        assert sampling.frame_times.tolist() == [0.0]
    assert one_picture(5.0).windows == [Window(0.0, 5.0)]


@pytest.mark.parametrize("duration_s", [0.04, 3.999, 4.001, 4.4999, 4.5, 60.0, 61.7, 599.97, 7200.04])
def test_it_keeps_every_frame_inside_the_video_and_in_a_window(duration_s):
    sampling = sample(duration_s, SPACE)
    n_frames = len(sampling.frame_times)
    assert sampling.frame_times[-1] < duration_s
    assert set(sampling.index.ravel().tolist()) == set(range(n_frames))
    assert sampling.index.dtype == np.int32
    assert len(sampling.windows) == len(sampling.index)
    assert all(0 <= w.start_s < w.end_s <= duration_s + 1e-5 for w in sampling.windows)
    assert duration_s - sampling.windows[-1].end_s < max(sampling.interval_s, 1e-5)


def test_it_forgives_floating_point_at_a_whole_number_of_frames():
    three_a_second = Space("m", "v", dim=8, clip_frames=3, window_s=1.0, stride_s=1.0, prompt="", frame_px=32)
    assert len(sample(0.1 + 0.2 + 0.7 + 9.0, three_a_second).frame_times) == 30
