"""A person's words, made fit to be encoded: one spelling for what looks the same, and a bound on length."""

import unicodedata
from dataclasses import dataclass

MAX_CHARACTERS = 400  # more than the y-encoder reads


@dataclass(frozen=True)
class Query:
    """The words in the search box after normalising. An empty `text` asks for nothing."""

    text: str

    @property
    def has_words(self) -> bool:
        """False for blanks and for punctuation alone: nothing can match those."""
        return any(character.isalnum() for character in self.text)


def parse(text: str) -> Query:
    """Compose accents, drop what cannot be seen, fold runs of white space, cut what is too long.

    >>> parse("  a  dog\\n on\\x00 grass ").text
    'a dog on grass'
    """
    composed = unicodedata.normalize("NFKC", text)
    spaced = (" " if c.isspace() else c for c in composed)
    visible = (c for c in spaced if unicodedata.category(c)[0] != "C")
    return Query(" ".join("".join(visible).split())[:MAX_CHARACTERS].strip())
