"""A photo as a clip: read here where it is our own, in the confined child where it is a stranger's."""

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from model_server.engine import Clips, Space
from model_server.frames.closer import middle_box
from model_server.frames.confine import Limits
from model_server.frames.errors import MediaError
from model_server.frames.probe import MAX_PIXELS
from model_server.frames.process import Child, Frame, Order

if TYPE_CHECKING:
    from model_server.frames.child import Task

Pictures = npt.NDArray[np.uint8]  # (n_looks, side, side, 3) RGB

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_CPU_S = 60  # a photo of the largest size takes three
_LONGEST = 4.0  # sides of a photo, the long one over the short one, as far as it is told


def read_photo(path: Path | str, space: Space) -> Clips:
    """A photo as a clip of its picture in each way the space looks at one (T = n_looks), turned upright."""
    with Path(path).open("rb") as file:
        return _clip(look(open_photo(file, space.frame_px), space.frame_px, space.n_looks))


def read_strange_photo(path: Path | str, space: Space) -> tuple[Clips, float]:
    """The same for a photo that anybody may have made, decoded by the confined child; and its width over its height."""
    side = space.frame_px
    arguments = {"frame_px": side, "n_looks": space.n_looks}
    order = Order("photo", Path(path), arguments, frame_bytes=side * side * 3, limits=Limits(cpu_s=_CPU_S))
    sent, shape = [], None
    with Child(order) as child:
        for message in child.messages():
            if isinstance(message, Frame):
                sent.append(np.frombuffer(message.pixels, np.uint8).reshape(side, side, 3))
            else:
                shape = message.facts.get("shape", shape)
    if len(sent) != space.n_looks or not isinstance(shape, float):
        raise MediaError("The decoder answered nonsense while it read this photo.", permanent=False, crashed=True)
    return _clip(np.stack(sent)), min(max(shape, 1 / _LONGEST), _LONGEST)


def photo(task: "Task") -> None:
    """The child's job: the picture in each way it is looked at."""
    with os.fdopen(task.fd, "rb", closefd=False) as file:
        upright = open_photo(file, int(task.arguments["frame_px"]))
    for picture in look(upright, int(task.arguments["frame_px"]), int(task.arguments["n_looks"])):
        task.frame(picture.tobytes(), 0.0, 0.0)
    task.event("end", shape=upright.width / upright.height)


def open_photo(file: IO[bytes], side: int) -> Image.Image:
    """Upright, at least twice `side` pixels where it has as many.

    MediaError in a sentence for the person where the file is no photo, or too large, or damaged.
    """
    try:
        with Image.open(file, formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS * 2:
                raise MediaError(f"This photo is too large: {image.width} x {image.height} pixels.", permanent=True)
            image.draft("RGB", (side * 2, side * 2))  # JPEG decodes straight to about the size wanted
            return ImageOps.exif_transpose(image).convert("RGB")
    except UnidentifiedImageError as error:
        raise MediaError("This file is not a photo in a format that can be read here.", permanent=True) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise MediaError("This photo is damaged and cannot be read.", permanent=True) from error


def look(picture: Image.Image, side: int, n_looks: int) -> Pictures:
    """The whole squashed to a square, and its middle closer."""
    boxes = [(0, 0, *picture.size), middle_box(*picture.size)][:n_looks]
    return np.stack(
        [np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR, box), np.uint8) for box in boxes]
    )


def _clip(pictures: Pictures) -> Clips:
    return Clips(pictures, np.arange(len(pictures), dtype=np.int32)[None])
