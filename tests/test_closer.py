"""Every second frame is seen closer, in its true proportions, whatever the batches."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model_server.engine import Clips, Space, join
from model_server.frames.closer import SHOWN, canvas, middle, middle_box, overview
from model_server.frames.photos import look, read_photo
from model_server.frames.shots import PIXELS
from model_server.training.batches import photo_frames
from model_server.training.features import PHOTO_VIEWS
from tests.videos import FPS, make_video, read_windows

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.5, prompt="", frame_px=32, n_looks=2)


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (320, 240), (100, 100), (1000, 990), (9000, 10)])
def test_the_middle_shows_as_much_of_every_picture_and_is_as_square_as_it_can_be(size):
    left, top, right, bottom = middle_box(*size)
    w, h = right - left, bottom - top
    assert left == pytest.approx(size[0] - right)
    assert top == pytest.approx(size[1] - bottom)
    assert w * h == pytest.approx(SHOWN * size[0] * size[1])
    assert w == pytest.approx(h) or (w > h and h == size[1]) or (h > w and w == size[0])


@pytest.mark.parametrize("size", [(8192, 16), (16, 8192), (1, 1), (7, 3)])
def test_no_picture_is_scaled_to_a_size_that_memory_cannot_hold(size):
    width, height = canvas(*size, 260)
    assert 260 <= width <= 260 / SHOWN + 1
    assert 260 <= height <= 260 / SHOWN + 1
    assert middle(np.zeros((height, width, 3), np.uint8), 260).shape == (260, 260, 3)


def test_an_overview_shows_the_corners_of_pictures_of_any_shape():
    for shape in ((32, 32), (260, 462), (64, 64)):
        picture = np.zeros((*shape, 3), np.uint8)
        picture[: shape[0] // 4, -shape[1] // 4 :] = 255
        small = overview(picture)
        assert small.shape == (PIXELS, PIXELS, 3)
        assert small[0, -1].tolist() == [255, 255, 255]
        assert small[-1, 0].tolist() == [0, 0, 0]


def wide() -> Image.Image:
    """Twice as wide as high: red, and its middle blue."""
    picture = Image.new("RGB", (200, 100), "red")
    picture.paste("blue", (40, 0, 160, 100))
    return picture


def test_a_photo_is_seen_whole_and_closer(tmp_path):
    wide().save(tmp_path / "p.png")
    clips = read_photo(tmp_path / "p.png", SPACE)
    assert clips.index.tolist() == [[0, 1]]
    whole, closer = clips.frames
    assert whole[16, 2].tolist() == [255, 0, 0]
    assert whole[16, 16].tolist() == [0, 0, 255]
    assert (closer[:, 2:-2] == [0, 0, 255]).all()
    assert np.array_equal(look(wide(), 32, 1)[0], whole)


def test_a_photo_is_one_frame_where_the_space_has_one_way(tmp_path):
    wide().save(tmp_path / "p.png")
    clips = read_photo(tmp_path / "p.png", replace(SPACE, n_looks=1))
    assert clips.frames.shape == (1, 32, 32, 3)
    assert clips.index.tolist() == [[0]]


def bars() -> np.ndarray:
    """(64, 128, 3): dark, and its middle bright."""
    picture = np.full((64, 128, 3), 20, np.uint8)
    picture[:, 24:104] = 230
    return picture


@pytest.mark.parametrize("windows_per_batch", [1, 3, 16])
def test_a_video_shows_its_frames_in_turn_whatever_the_batches(tmp_path, windows_per_batch):
    path = make_video(tmp_path / "v.mp4", 9, size=(128, 64), pictures=[bars()] * (9 * FPS))
    n_closer = 0
    for batch in read_windows(path, SPACE, windows_per_batch):
        firsts = [round(window.start_s / SPACE.frame_interval_s) for window in batch.windows]
        for first, row in zip(firsts, batch.clips.index, strict=True):
            edges = batch.clips.frames[row][:, 16, 1].mean(axis=-1)  # bright where the dark sides are not shown
            assert (edges > 125).tolist() == [(first + k) % 2 == 1 for k in range(4)]
            n_closer += int((edges > 125).sum())
    assert n_closer


def test_joined_clips_keep_their_own_pictures():
    parts = [Clips(np.full((2, 4, 4, 3), k, np.uint8), np.array([[0, 1]], np.int32)) for k in range(3)]
    joined = join(parts)
    assert joined.index.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert joined.index.dtype == np.int32
    assert joined.frames[joined.index][:, :, 0, 0, 0].tolist() == [[0, 0], [1, 1], [2, 2]]


def test_training_sees_a_photo_both_ways_in_every_view():
    draw = np.random.default_rng(0)
    views = [photo_frames(np.arange(2 * PHOTO_VIEWS), draw) for _ in range(100)]
    assert {tuple(view) for view in views} == {(0, 1), (2, 3), (4, 5), (2, 5)}  # whole, crops, a pan


def test_training_sees_a_photo_once_where_the_x_encoder_has_one_way():
    draw = np.random.default_rng(0)
    views = [photo_frames(np.arange(PHOTO_VIEWS), draw) for _ in range(100)]
    assert {tuple(view) for view in views} == {(0,), (1,), (2,), (1, 2)}
