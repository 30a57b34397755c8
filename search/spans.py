"""Spans of time as people write them: one list of units for the query language and for forms."""

UNIT = "(s|secs?|seconds?|m|mins?|minutes?|h|hours?)"  # part of an expression, capital letters or not
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def in_seconds(number: str, unit: str) -> float:
    """
    >>> in_seconds("1.5", "Min")
    90.0
    """
    return float(number) * _SECONDS[unit[0].lower()]
