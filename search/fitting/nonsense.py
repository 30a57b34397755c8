"""Queries that mean nothing, made at random: keyboard mash, invented words, digits, foreign-script noise."""

from collections.abc import Callable

import numpy as np

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
ONSETS = (
    "b",
    "bl",
    "br",
    "c",
    "cl",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "qu",
    "sk",
    "z",
)
VOWELS = ("a", "e", "i", "o", "u", "oo", "ee", "ai")
CODAS = ("", "b", "ck", "d", "ff", "g", "l", "m", "mp", "n", "nk", "p", "rf", "sh", "st", "t", "x", "zz")
SCRIPTS = {
    "cyrillic": (0x0430, 0x044F),
    "greek": (0x03B1, 0x03C9),
    "hebrew": (0x05D0, 0x05EA),
    "arabic": (0x0627, 0x064A),
    "devanagari": (0x0905, 0x0939),
    "kana": (0x3042, 0x3093),
    "han": (0x4E00, 0x9000),
    "hangul": (0xAC00, 0xD000),
    "thai": (0x0E01, 0x0E2E),
}
FRAMES = ("{}", "a {} {}", "the {} is {}", "{} {} {}", "a {} on a {}", "two {} {}")


def nonsense(n: int, seed: int) -> list[str]:
    """`n` queries, the four kinds in turn."""
    rng = np.random.default_rng(seed)
    kinds = (mash, invented, digits, foreign)
    return [kinds[i % len(kinds)](rng) for i in range(n)]


def mash(rng: np.random.Generator) -> str:
    """Fingers on one or two rows of a keyboard, as any hand would."""
    return _words(rng, lambda: _letters(rng, "".join(rng.permuted(ROWS)[: rng.integers(1, 3)]), 3, 10))


def invented(rng: np.random.Generator) -> str:
    """Syllables nobody uses, alone or where a caption would have its nouns."""
    frame = str(rng.choice(FRAMES))
    return frame.format(*(_invented_word(rng) for _ in range(frame.count("{}"))))


def digits(rng: np.random.Generator) -> str:
    return _words(rng, lambda: _letters(rng, "0123456789", 2, 8))


def foreign(rng: np.random.Generator) -> str:
    first, last = SCRIPTS[str(rng.choice(list(SCRIPTS)))]
    return _words(rng, lambda: "".join(chr(rng.integers(first, last)) for _ in range(rng.integers(2, 8))))


def _words(rng: np.random.Generator, word: Callable[[], str]) -> str:
    return " ".join(word() for _ in range(rng.integers(1, 6)))


def _letters(rng: np.random.Generator, alphabet: str, low: int, high: int) -> str:
    return "".join(rng.choice(list(alphabet), size=rng.integers(low, high)))


def _invented_word(rng: np.random.Generator) -> str:
    syllables = (rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(rng.integers(2, 4)))
    return "".join(syllables)
