"""Sheets of small pictures in time order, for hovering and scrubbing."""

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from indexer.media.poster import save_picture
from model_server.frames.probe import Probe
from model_server.frames.reader import Picture, probe
from model_server.frames.stills import read_strip

COLUMNS = ROWS = 6  # small sheets: one is decoded whole for each picture that is cut from it
TILE_WIDTH_PX = 256  # as wide as a result's picture on the page
_MAX_TILE_HEIGHT_PX = 456  # 9:16, a phone held upright
_FEWEST = 10  # tiles of a short video, so that hovering shows it move
_MOST = 1000  # tiles of a long one, so that a day is 28 sheets
_STEPS = ((100.0, 1.0), (600.0, 2.0), (3600.0, 5.0))  # up to so long, a tile every so often
_KEYFRAMES_FROM_S = 5.0  # at this pace the keyframe nearest to a moment is near enough


def make_storyboard(source: Path | str, directory: Path | str) -> dict[str, Any]:
    """Write the sheets; return the layout that `Video.storyboard` keeps, with file names for sprites.

    Tile k shows the video at (k + 0.5) * interval_s.
    """
    facts = probe(source)
    interval_s = interval_of(facts.duration_s)
    size = _tile(facts)
    keyframes = interval_s >= _KEYFRAMES_FROM_S
    tiles = read_strip(source, facts.duration_s, interval_s, size, keyframes=keyframes)
    sprites: list[str] = []
    n_tiles = 0
    while sheet := list(islice(tiles, COLUMNS * ROWS)):
        name = f"{len(sprites):03d}.webp"
        save_picture(_sheet(sheet, size), Path(directory) / name)
        sprites.append(name)
        n_tiles += len(sheet)
    return {
        "sprites": sprites,
        "columns": COLUMNS,
        "rows": ROWS,
        "tile_width_px": size[0],
        "tile_height_px": size[1],
        "interval_s": interval_s,
        "n_tiles": n_tiles,
    }


def interval_of(duration_s: float) -> float:
    """Seconds between tiles.

    >>> [interval_of(s) for s in (4, 60, 300, 1800, 7200, 86400)]
    [0.4, 1.0, 2.0, 5.0, 10.0, 86.4]
    """
    if duration_s <= _FEWEST:
        return max(duration_s, 0.01) / _FEWEST
    for longest_s, step_s in _STEPS:
        if duration_s <= longest_s:
            return step_s
    return max(10.0, duration_s / _MOST)


def _tile(facts: Probe) -> tuple[int, int]:
    height = round(TILE_WIDTH_PX * facts.height_px / facts.width_px)
    return TILE_WIDTH_PX, min(max(height, 16), _MAX_TILE_HEIGHT_PX)


def _sheet(tiles: list[Picture], size: tuple[int, int]) -> Picture:
    """One picture, full columns wide, as high as its rows: the last sheet is cut short."""
    width, height = size
    n_rows = -(-len(tiles) // COLUMNS)
    sheet = np.zeros((n_rows * height, COLUMNS * width, 3), np.uint8)
    for k, tile in enumerate(tiles):
        row, column = divmod(k, COLUMNS)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = tile
    return sheet
