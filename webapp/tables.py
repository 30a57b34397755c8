"""Tables that a spreadsheet opens."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so (OWASP, CSV injection)


def plain(text: str) -> str:
    """
    >>> plain("=1+1"), plain("a dog")
    ("'=1+1", 'a dog')
    """
    return f"'{text}" if text.startswith(FORMULA) else text
