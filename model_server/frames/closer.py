"""Every second picture seen closer: what is small in it, nearly in its true proportions, for no more pictures.

A network that sees 260 pixels a side sees a whole video frame squashed to a square, and loses what is small in it. Half
a second on, a video shows nearly the same, so its middle can be looked at instead, hardly squashed. A clip then knows
both; a photo is shown in both ways.
"""

import numpy as np
import numpy.typing as npt

from model_server.frames.shots import PIXELS

Picture = npt.NDArray[np.uint8]  # (H, W, 3) RGB

SHOWN = 0.59  # of a picture, in its middle


def is_closer(number: int, n_looks: int) -> bool:
    """Whether the picture of that number is one of those that are seen closer."""
    return number % n_looks == 1


def middle_box(width: float, height: float) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is seen closer: a square, or as near to one as the picture's shape allows.

    >>> [round(edge) for edge in middle_box(100, 100)], [round(edge) for edge in middle_box(640, 360)]
    ([12, 12, 88, 88], [131, 0, 509, 360])
    """
    side = (SHOWN * width * height) ** 0.5
    w, h = min(width, max(side, SHOWN * width)), min(height, max(side, SHOWN * height))
    return (width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2


def canvas(width: float, height: float, side: int) -> tuple[int, int]:
    """The size to which a picture is scaled, so that its middle has `side` pixels a side.

    >>> canvas(1280, 720, 260)
    (441, 260)
    """
    left, top, right, bottom = middle_box(width, height)
    return round(side * width / (right - left)), round(side * height / (bottom - top))


def middle(picture: Picture, side: int) -> Picture:
    """(side, side, 3) out of the middle."""
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    return picture[top : top + side, left : left + side]


def overview(picture: Picture) -> Picture:
    """(PIXELS, PIXELS, 3): all of the picture, small: shots are told by what does not change from look to look."""
    rows, columns = (np.arange(PIXELS) * n // PIXELS for n in picture.shape[:2])
    small: Picture = picture[rows[:, None], columns]
    return small
