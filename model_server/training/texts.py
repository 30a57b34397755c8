"""Sentences of caption corpora, as the y-decoder shall write them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from model_server.training.data import DataProblem

MOST_TEXTS = 60_000


def read_texts(files: list[Path], seed: int) -> list[str]:
    """Sentences of all files, at most MOST_TEXTS of them, drawn at random."""
    found: list[str] = []
    for file in files:
        with file.open() as lines:
            for number, line in enumerate(lines, 1):
                try:
                    found += sentences_of(json.loads(line))
                except ValueError as problem:
                    raise DataProblem(f"{file}:{number} is not JSON: {problem}") from problem
    if not found:
        raise DataProblem(f"{', '.join(map(str, files))}: no captions in there.")
    order = np.random.default_rng(seed).permutation(len(found))[:MOST_TEXTS]
    return [found[i] for i in sorted(order)]


def sentences_of(row: dict[str, Any]) -> list[str]:
    listed = [note["sentence"] for note in row.get("annotations", [])]
    return [*row.get("captions", []), *row.get("caption", []), *row.get("sentences", []), *listed]


def tidy(text: str) -> str:
    """One sentence as the decoder shall write it: a capital, a full stop, no space before it."""
    text = " ".join(text.split()).rstrip(" .!,;") + "."
    return text[:1].upper() + text[1:]
