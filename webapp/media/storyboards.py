"""One picture out of a storyboard: cut from a sheet that the media task made. No video decoder runs here."""

import io

from django.core.cache import cache
from django.core.files.storage import default_storage
from PIL import Image

from indexer.models import Video
from indexer.tiles import Tile, cache_key, tile_at

KEPT_S = 3600


def frame_at(video: Video, at_s: float) -> bytes:
    """A JPEG of the tile, from the cache where it was cut before."""
    layout = video.storyboard
    tile = tile_at(layout, at_s)
    sheet_key, key = str(layout["sprites"][tile.sheet]), cache_key(layout, tile)
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
