"""Posters and storyboards."""

import numpy as np
import pytest
from PIL import Image

from indexer.media.poster import make_poster
from indexer.media.storyboard import interval_of, make_storyboard
from model_server.frames.errors import MediaError
from tests.videos import PALETTE, corners, make_video, second_of


def opened(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_it_makes_a_poster_of_a_moment(tmp_path):
    make_poster(make_video(tmp_path / "v.mp4", 4), tmp_path / "poster.webp", at_s=2.5)
    picture = opened(tmp_path / "poster.webp")
    assert picture.shape == (48, 64, 3)
    assert second_of(picture) == 2
    assert (tmp_path / "poster.webp").read_bytes()[8:12] == b"WEBP"


def test_it_chooses_a_picture_that_shows_something(tmp_path):
    """A video that begins in black."""
    black, scene = np.zeros((48, 64, 3), np.uint8), corners()
    source = make_video(tmp_path / "v.mp4", pictures=[black] * 20 + [scene] * 20, times=[k / 10 for k in range(40)])
    make_poster(source, tmp_path / "poster.jpg")
    assert opened(tmp_path / "poster.jpg").std() > 30


def test_it_makes_sheets_whose_tiles_keep_time(tmp_path):
    source = make_video(tmp_path / "v.mp4", 104, fps=2, size=(32, 24))
    layout = make_storyboard(source, tmp_path)
    assert layout == {
        "sprites": ["000.webp", "001.webp"],
        "columns": 6,
        "rows": 6,
        "tile_width_px": 256,
        "tile_height_px": 192,
        "interval_s": 2.0,
        "n_tiles": 52,
    }
    sheets = [opened(tmp_path / "000.webp"), opened(tmp_path / "001.webp")]
    assert [sheet.shape for sheet in sheets] == [(6 * 192, 1536, 3), (3 * 192, 1536, 3)]
    for k in (0, 5, 6, 35, 36, 51):
        number, place = divmod(k, 36)
        row, column = divmod(place, 6)
        tile = sheets[number][row * 192 : (row + 1) * 192, column * 256 : (column + 1) * 256]
        assert second_of(tile) == (2 * k + 1) % len(PALETTE)


def test_it_moves_even_for_a_short_video(tmp_path):
    layout = make_storyboard(make_video(tmp_path / "v.mp4", 1), tmp_path)
    assert (layout["n_tiles"], layout["interval_s"]) == (10, 0.1)


def test_it_needs_few_sheets_for_a_day():
    assert 24 * 3600 / interval_of(24 * 3600) == pytest.approx(1000)


def test_it_leaves_nothing_behind_when_it_fails(tmp_path):
    source = tmp_path / "v.mp4"
    source.write_bytes(b"words")
    for make in (make_poster, make_storyboard):
        with pytest.raises(MediaError):
            make(source, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]
