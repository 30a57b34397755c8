"""Every second frame is seen closer, and stays so through batches, requests and joins."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from model_server.engine import Clips, Space, join
from model_server.presets import TINY
from model_server.training.batches import photo_frames
from model_server.training.features import PHOTO_VIEWS
from model_server.vljepa.closer import whole_and_closer
from model_server.vljepa.x_encoder import FrameXEncoder, TinyBackbone, tiny_names
from tests.videos import make_video, read_windows


def target(n: int, around: int, within: int) -> np.ndarray:
    """(n, n, 3): a quarter of a side from its edges the colour changes."""
    picture = np.full((n, n, 3), around, np.uint8)
    picture[n // 4 : -(n // 4), n // 4 : -(n // 4)] = within
    return picture


def test_of_even_frames_it_gives_the_whole_and_of_odd_ones_the_middle():
    seen = whole_and_closer(np.stack([target(40, 10, 200)] * 4), 20)
    assert seen.shape == (4, 20, 20, 3)
    assert (seen[1] == 200).all()
    assert np.array_equal(seen[1], seen[3])
    assert np.array_equal(seen[0], seen[2])
    assert (seen[0][0, 0] == 10).all()
    assert (seen[0][10, 10] == 200).all()


def test_frames_of_the_size_it_sees_are_left_alone():
    frames = np.stack([target(20, 0, 9)] * 3)
    assert whole_and_closer(frames, 20) is frames


@pytest.mark.parametrize("n_frames", [0, 1])
def test_it_takes_no_frame_and_one(n_frames):
    assert whole_and_closer(np.zeros((n_frames, 8, 8, 3), np.uint8), 4).shape == (n_frames, 4, 4, 3)


def test_an_x_encoder_sees_both_in_a_photo():
    config = replace(TINY.x_encoder, frame_px=40, view_px=20)
    x_encoder = FrameXEncoder(TinyBackbone(config.dim), tiny_names(config.tag_dim), config)
    photo = Clips(np.stack([target(40, 10, 200)] * 2), np.array([[0, 1]], np.int32))
    seen = x_encoder(photo.frames, photo.index)
    assert x_encoder.n_looks == 2
    assert seen.frames is not None
    assert not torch.allclose(seen.frames[0, 0], seen.frames[0, 1])


def test_joined_clips_keep_their_own_pictures():
    parts = [Clips(np.full((2, 4, 4, 3), k, np.uint8), np.array([[0, 1]], np.int32)) for k in range(3)]
    joined = join(parts)
    assert joined.index.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert joined.index.dtype == np.int32
    assert joined.frames[joined.index][:, :, 0, 0, 0].tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize("windows_per_batch", [1, 3, 16])
def test_a_frame_is_even_or_odd_whatever_the_batches(tmp_path, windows_per_batch):
    space = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.5, prompt="", frame_px=32)  # 3 frames
    path = make_video(tmp_path / "v.mp4", 23)
    for batch in read_windows(path, space, windows_per_batch):
        firsts = [round(window.start_s / space.frame_interval_s) for window in batch.windows]
        assert (batch.clips.index[:, 0] % 2).tolist() == [first % 2 for first in firsts]


def test_training_sees_a_photo_both_ways_in_every_view():
    draw = np.random.default_rng(0)
    views = [photo_frames(np.arange(2 * PHOTO_VIEWS), draw) for _ in range(100)]
    assert {tuple(view) for view in views} == {(0, 1), (2, 3), (4, 5), (2, 5)}  # whole, crops, a pan


def test_training_sees_a_photo_once_where_the_x_encoder_has_one_way():
    draw = np.random.default_rng(0)
    views = [photo_frames(np.arange(PHOTO_VIEWS), draw) for _ in range(100)]
    assert {tuple(view) for view in views} == {(0,), (1,), (2,), (1, 2)}
