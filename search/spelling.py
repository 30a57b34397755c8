"""How much a query is spelt like captions are: keyboard mash, digits and foreign scripts are not.

A table of letter triples counted on captions, so no list of words is needed and a rare word is not punished.
"""

import numpy as np
import numpy.typing as npt

SYMBOLS = " abcdefghijklmnopqrstuvwxyz0?"  # space, letters, any digit, anything else
N_SYMBOLS = len(SYMBOLS)
_CODE = {symbol: code for code, symbol in enumerate(SYMBOLS)}

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
