"""The heat line as an SVG path: a calm area, amber where the query matches. Pure."""

from collections.abc import Sequence

WIDTH = 1000  # user units; the picture is stretched to its column
HEIGHT = 100


def heat_path(values: Sequence[float]) -> str:
    """A closed area over equal steps of time, values within 0..1; no values, no path.

    >>> heat_path([0.0, 1.0])
    'M0 100L0 100L250 100L750 0L1000 0L1000 100Z'
    """
    if not values:
        return ""
    step = WIDTH / len(values)
    middles = [(step * (i + 0.5), _y(value)) for i, value in enumerate(values)]
    points = [(0.0, middles[0][1]), *middles, (float(WIDTH), middles[-1][1])]
    line = "".join(f"L{x:.4g} {y:.4g}" for x, y in points)
    return f"M0 {HEIGHT}{line}L{WIDTH} {HEIGHT}Z"


def _y(value: float) -> float:
    return HEIGHT * (1 - min(max(value, 0.0), 1.0))
