"""The heat line as an SVG path: a calm area, amber where the query matches. Pure."""

from collections.abc import Sequence

WIDTH = 1000  # user units; the picture is stretched to its column
HEIGHT = 100
OUTSIDE = 10


def heat_path(values: Sequence[float]) -> str:
    """A closed area over equal steps of time, values within 0..1; no values, no path.

    Its sides and its floor lie outside the picture, so that an outline is drawn along the top alone.

    >>> heat_path([0.0, 1.0])
    'M-10 110L-10 100L250 100L750 0L1010 0L1010 110Z'
    """
    if not values:
        return ""
    step = WIDTH / len(values)
    middles = [(step * (i + 0.5), _y(value)) for i, value in enumerate(values)]
    points = [(-OUTSIDE, middles[0][1]), *middles, (WIDTH + OUTSIDE, middles[-1][1])]
    line = "".join(f"L{x:.4g} {y:.4g}" for x, y in points)
    return f"M-{OUTSIDE} {HEIGHT + OUTSIDE}{line}L{WIDTH + OUTSIDE} {HEIGHT + OUTSIDE}Z"


def _y(value: float) -> float:
    return HEIGHT * (1 - min(max(value, 0.0), 1.0))
