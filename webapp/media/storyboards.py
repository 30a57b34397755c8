"""One picture out of a storyboard: cut from a sheet that the media task made. No video decoder runs here."""

import io
from dataclasses import dataclass

from django.core.cache import cache
from django.core.files.storage import default_storage
from PIL import Image

from indexer.models import Video

KEPT_S = 3600


@dataclass(frozen=True)
class Tile:
    """Where the frame at a time lies: the sheet's place in the list, and the tile's on the sheet."""

    sheet: int
    column: int
    row: int


def tile_at(layout: dict[str, float], at_s: float) -> Tile:
    """The tile on screen at a time; the nearest one for a time outside the video.

    >>> tile_at({"columns": 5, "rows": 2, "interval_s": 2.0, "n_tiles": 13}, 23.0)
    Tile(sheet=1, column=1, row=0)
    """
    columns, rows = int(layout["columns"]), int(layout["rows"])
    place = min(max(int(at_s / layout["interval_s"]), 0), int(layout["n_tiles"]) - 1)
    sheet, on_sheet = divmod(place, columns * rows)
    return Tile(sheet, on_sheet % columns, on_sheet // columns)


def frame_at(video: Video, at_s: float) -> bytes:
    """A JPEG of the tile, from the cache where it was cut before."""
    layout = video.storyboard
    tile, key = tile_at(layout, at_s), ""
    sheet_key = str(layout["sprites"][tile.sheet])
    key = f"frame:{sheet_key}:{layout['interval_s']}:{tile.column}:{tile.row}"
    found: bytes | None = cache.get(key)
    if found is None:
        found = _cut(sheet_key, tile, int(layout["tile_width_px"]), int(layout["tile_height_px"]))
        cache.set(key, found, KEPT_S)
    return found


def _cut(sheet_key: str, tile: Tile, width_px: int, height_px: int) -> bytes:
    left, top = tile.column * width_px, tile.row * height_px
    with default_storage.open(sheet_key) as file, Image.open(file, formats=["JPEG", "WEBP", "PNG"]) as sheet:
        picture = sheet.convert("RGB").crop((left, top, left + width_px, top + height_px))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=85)
    return target.getvalue()
