"""Every second frame seen closer: detail that a small network misses in the whole picture, for no more pictures.

A network that sees 260 pixels a side loses what is small. Half a second on, a video shows nearly the same picture, so
its middle can be looked at instead, at the resolution that was decoded. A clip then knows both; a photo is shown twice.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import interpolate

Frames = npt.NDArray[np.uint8]


def whole_and_closer(frames: Frames, side: int) -> Frames:
    """(F, n, n, 3) -> (F, side, side, 3): of even frames the whole, made smaller; of odd ones the middle, cut out."""
    n = frames.shape[1]
    if n == side:
        return frames
    seen = np.empty((len(frames), side, side, 3), np.uint8)
    seen[::2] = smaller(frames[::2], side)
    first = (n - side) // 2
    seen[1::2] = frames[1::2, first : first + side, first : first + side]
    return seen


def smaller(frames: Frames, side: int) -> Frames:
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)  # (F, 3, n, n)
    scaled = interpolate(pixels, (side, side), mode="bilinear", antialias=True)
    return scaled.permute(0, 2, 3, 1).numpy()
