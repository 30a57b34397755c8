"""Searches as people type them, for timing: short and long, plain and particular."""

QUERIES = [
    "a dog running on the beach",
    "sunset",
    "two people shaking hands in an office",
    "red car",
    "a child blowing out candles on a birthday cake",
    "somebody opens a fridge",
    "waves",
    "a man in a yellow helmet walks through a warehouse with a box in his hands",
    "cat on a sofa",
    "crowd at a concert at night",
    "chopping onions",
    "snow falling on a quiet street",
    "a goal is scored and the players celebrate",
    "drone view of a river",
    "hands typing on a laptop",
    "a bus stops at the corner",
]


def numbered(first: int, n: int) -> list[str]:
    """Searches from that number on. The number makes each new, so that no cache of texts answers."""
    return [f"{QUERIES[i % len(QUERIES)]}, take {i}" for i in range(first, first + n)]
