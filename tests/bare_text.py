"""Finds words in templates that no translation tag holds."""

import re
from collections.abc import Iterator

# Names, formats and units: the same in every language. Class names and marks for scripts stand in blocks of their own.
SAME_EVERYWHERE = re.compile(
    r"Seekframe|WebVTT|JSON|CSV|EDL|FCPXML|ms|s|x|curl -H|Authorization: Bearer|/api/v1/search\?q=a\+dog|"
    r'page-[a-z]+|data-[a-z]+="[a-z]+"'
)
NOT_READ = re.compile(
    r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!doctype html>|<(kbd|code|svg|script)\b.*?</\1>", re.DOTALL
)
TRANSLATED = re.compile(r"\{% blocktranslate\b.*?\{% endblocktranslate %\}", re.DOTALL)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
ATTRIBUTE = re.compile(r'\s(?:title|aria-label|aria-valuetext|placeholder|alt)="([^"]*)"')
WORDS = re.compile(r"[^\W\d_]")


def bare(template: str) -> Iterator[str]:
    """
    >>> list(bare('<p title="{% translate "a" %}">{{ b }} <b>Words</b> {% translate "c" %}</p>'))
    ['Words']
    >>> list(bare('<img alt="A dog"><kbd>then</kbd>'))
    ['A dog']
    """
    text = TAG.sub("\x00", TRANSLATED.sub("\x00", NOT_READ.sub(" ", template)))
    for attribute in ATTRIBUTE.findall(text):
        yield from _words(attribute)
    yield from _words(re.sub(r"<[^>]*>", "\x00", text))


def _words(text: str) -> Iterator[str]:
    for part in text.split("\x00"):
        if WORDS.search(SAME_EVERYWHERE.sub("", part)):
            yield part.strip()
