"""How times are written."""


def clock(seconds: float) -> str:
    """A place in a video.

    >>> clock(83.5), clock(3700)
    ('1:23', '1:01:40')
    """
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def seconds(text: str) -> float:
    """The same, read: plain seconds, minutes and seconds, or hours, minutes and seconds. ValueError for anything else.

    >>> seconds("83.5"), seconds("1:23"), seconds("1:01:40")
    (83.5, 83.0, 3700.0)
    """
    *larger, last = text.split(":")
    found = float(last)
    for factor, part in zip((60, 3600), reversed(larger), strict=False):
        found += factor * int(part)
    if len(larger) > 2 or not 0 <= found < 1e6:
        raise ValueError(text)
    return found
