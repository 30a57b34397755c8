"""Sentences that are stored, or raised far from any page, are English; here they are said in the reader's language.

What is not on the list (`sentences`) is shown as it is: free text stays as somebody wrote it.
"""

import re
from functools import cache

from django.utils.translation import get_language, gettext

from webapp.languages.sentences import SENTENCES

PLACE = re.compile(r"%\((\w+)\)s")
WHOLE = "sentence"  # the place that holds another sentence


def in_language(sentence: object) -> str:
    """The sentence as the person reads it."""
    text = str(sentence or "")
    if not text or (get_language() or "en").startswith("en"):
        return text
    if (said := gettext(text)) != text:
        return said
    for msgid, pattern in patterns():
        if found := pattern.fullmatch(text):
            places = found.groupdict()
            return gettext(msgid) % {name: _inner(v) if name == WHOLE else v for name, v in places.items()}
    return text


def _inner(text: str) -> str:
    """A sentence within another may have lost its full stop."""
    said = in_language(text)
    return said if said != text else in_language(f"{text}.").removesuffix(".")


def is_known(sentence: str) -> bool:
    """Whether some entry of the list says it."""
    return sentence in SENTENCES or any(pattern.fullmatch(sentence) for _, pattern in patterns())


@cache
def patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Those with places to fill, the longest first: it says most exactly what was meant."""
    filled = sorted((s for s in SENTENCES if PLACE.search(s)), key=len, reverse=True)
    return [(msgid, pattern_of(msgid)) for msgid in filled]


def pattern_of(msgid: str) -> re.Pattern[str]:
    """
    >>> pattern_of("It was tried %(n)s times.").fullmatch("It was tried 3 times.")["n"]
    '3'
    """
    texts = PLACE.split(msgid)  # text, name, text, name, ... text
    parts = [re.escape(t) if i % 2 == 0 else f"(?P<{t}>.+?)" for i, t in enumerate(texts)]
    return re.compile("".join(parts), re.DOTALL)
