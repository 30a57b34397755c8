"""Pictures of a part of a video where what is shown changes, decoded in the confined child."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_server.frames.process import Child, Frame, Order

Picture = npt.NDArray[np.uint8]  # (H, W, 3) RGB


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture, and the moment at which it was first seen."""

    time_s: float
    picture: Picture


def read_changes(
    path: Path | str, start_s: float, end_s: float, interval_s: float, size: tuple[int, int]
) -> Iterator[Shown]:
    """What is shown at (k + 0.5) intervals from `start_s` to before `end_s`, without what is still the same.

    `size` is (width, height). Memory holds what the child has decoded ahead. Close the iterator to end the child.
    """
    arguments = {
        "start_s": start_s, "end_s": end_s, "interval_s": interval_s, "width_px": size[0], "height_px": size[1]
    }  # fmt: skip
    with Child(Order("changes", Path(path), arguments, frame_bytes=size[0] * size[1] * 3)) as child:
        for message in child.messages():
            if isinstance(message, Frame):
                yield Shown(message.time_s, np.frombuffer(message.pixels, np.uint8).reshape(size[1], size[0], 3))
