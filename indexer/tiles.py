"""Pictures out of a storyboard, and the names under which the cache keeps them: deletion has to know them all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from indexer.models import Video


@dataclass(frozen=True)
class Tile:
    """Where the frame at a time lies: the sheet's place in the list, and the tile's on the sheet."""

    sheet: int
    column: int
    row: int


def tile_at(layout: Mapping[str, Any], at_s: float) -> Tile:
    """The tile on screen at a time; the nearest one for a time outside the video.

    >>> tile_at({"columns": 5, "rows": 2, "interval_s": 2.0, "n_tiles": 13}, 23.0)
    Tile(sheet=1, column=1, row=0)
    """
    return _tile(layout, min(max(int(at_s / layout["interval_s"]), 0), int(layout["n_tiles"]) - 1))


def cache_key(layout: Mapping[str, Any], tile: Tile) -> str:
    return f"frame:{layout['sprites'][tile.sheet]}:{layout['interval_s']}:{tile.column}:{tile.row}"


def forget_pictures(video: Video) -> None:
    """Nothing of the video is left in the cache."""
    if video.storyboard.get("n_tiles"):
        cache.delete_many(_keys(video.storyboard))


def _keys(layout: Mapping[str, Any]) -> Iterator[str]:
    return (cache_key(layout, _tile(layout, place)) for place in range(int(layout["n_tiles"])))


def _tile(layout: Mapping[str, Any], place: int) -> Tile:
    columns, rows = int(layout["columns"]), int(layout["rows"])
    sheet, on_sheet = divmod(place, columns * rows)
    return Tile(sheet, on_sheet % columns, on_sheet // columns)
