"""How times are written."""


def clock(seconds: float) -> str:
    """A place in a video.

    >>> clock(83.5), clock(3700)
    ('1:23', '1:01:40')
    """
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
