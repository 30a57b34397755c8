"""How much a query looks like language the model knows: mash, invented words, digits and foreign scripts do not.

By letters: a table of triples counted on captions. By words: those of captions and those that the y-encoder's
tokenizer knows whole, kept as hashes. Both are measured on data when calibration is fitted.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

SYMBOLS = " abcdefghijklmnopqrstuvwxyz0?"  # space, letters, any digit, anything else
N_SYMBOLS = len(SYMBOLS)
_CODE = {symbol: code for code, symbol in enumerate(SYMBOLS)}

KnownWords = npt.NDArray[np.uint32]  # sorted hashes
Table = npt.NDArray[np.float32]  # (29, 29, 29) log probability of the third symbol after the first two


def codes(text: str) -> npt.NDArray[np.int64]:
    """Symbols of the text as numbers, with two spaces before and one after; punctuation is a space."""
    out = [0, 0]
    for character in text.lower():
        if character in _CODE:
            out.append(_CODE[character])
        elif character.isdigit():
            out.append(_CODE["0"])
        elif character.isalnum():
            out.append(_CODE["?"])
        elif out[-1] != 0:
            out.append(0)
    return np.array([*out, 0])


def count(texts: list[str]) -> Table:
    """Log probabilities of symbol triples over the texts, each count raised by a tenth."""
    counts = np.full((N_SYMBOLS, N_SYMBOLS, N_SYMBOLS), 0.1)
    for text in texts:
        c = codes(text)
        np.add.at(counts, (c[:-2], c[1:-1], c[2:]), 1)
    table: Table = np.log(counts / counts.sum(axis=2, keepdims=True)).astype(np.float32)
    return table


def likeness(text: str, table: Table) -> float:
    """Mean log probability of the text's triples: about -2 for captions, below -4 for mash."""
    c = codes(text)
    return float(table[c[:-2], c[1:-1], c[2:]].mean())


def words(text: str) -> list[str]:
    """Words in Latin letters, without accents.

    >>> words("Crème brûlée, 2 spoons")
    ['creme', 'brulee', 'spoons']
    """
    plain = (c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return re.findall("[a-z]+", "".join(plain))


def remember(vocabulary: Iterable[str]) -> KnownWords:
    return np.array(sorted({_hash(word) for word in vocabulary}), dtype=np.uint32)


def known_share(text: str, known: KnownWords) -> float:
    """Share of the text's letters and digits that are in known words."""
    total = sum(c.isalnum() for c in text)
    found = sum(len(word) for word in words(text) if _has(known, _hash(word)))
    return min(1.0, found / total) if total else 0.0


def _hash(word: str) -> int:
    return zlib.crc32(word.encode())


def _has(known: KnownWords, value: int) -> bool:
    place = int(np.searchsorted(known, np.uint32(value)))
    return place < len(known) and int(known[place]) == value
