"""Sentences of caption corpora, as the y-decoder shall write them."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from model_server.training.data import DataProblem

MOST_TEXTS = 60_000
# Said of how a clip shall look, not of what it shows.
LOOK = (
    "[248]k(?: video| ultra hd)?|(?:ultra )?hd(?: video| quality)?"
    "|(?:very |ultra )?high (?:resolution|definition|quality)"
    "|(?:highly |hyper ?|very )?detailed|(?:photo|hyper)? ?realistic|cinematic(?: lighting| shot)?|(?:sharp|soft) focus"
    "|(?:studio|volumetric|dramatic) light(?:ing)?|atmospheric|award ?- ?winning photograph|trending on artstation"
    "|[23]d render(?:ed)?|well[- ]rendered|intricate|f ?\\d(?:\\.\\d)?(?: aperture)?|photograph|wildlife"
    "|(?:wildlife )?photography"
)
TAIL = re.compile(rf"(?:\s*[,.;]\s*(?:{LOOK})(?: (?:{LOOK}))*)+[\s.,;!]*$", re.IGNORECASE)


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
    """
    >>> sentences_of({"caption": "a dog"}), sentences_of({"captions": ["a dog", "a cat"]})
    (['a dog'], ['a dog', 'a cat'])
    """
    listed = [note["sentence"] for note in row.get("annotations", [])]
    told = (row.get(name) or [] for name in ("captions", "caption", "sentences"))
    return [*(text for own in told for text in ([own] if isinstance(own, str) else own)), *listed]


def tidy(text: str) -> str:
    """One sentence as the decoder shall write it: a capital, a full stop, no space before it; what is seen, without the
    words that prompts of generated clips end with.

    >>> tidy("a cat on a mat , high resolution, 4k"), tidy("HD video of a cat")
    ('A cat on a mat.', 'HD video of a cat.')
    """
    text = TAIL.sub("", " ".join(text.split())).rstrip(" .!,;") + "."
    return text[:1].upper() + text[1:]
