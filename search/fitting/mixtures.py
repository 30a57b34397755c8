"""A picture with words: of a dog on grass, "in the snow". Right is any picture of a dog in snow.

What a photo shows is what most of its captions say, by two short lists of words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_server.engine import Engine
from search.by_example import composed
from search.fitting.data import Item
from search.results import Example

Array = npt.NDArray[np.float32]

SAID_BY = 3  # of five captions
SUBJECTS = ("dogs?", "m[ae]n", "wom[ae]n", "boys?", "girls?", "child(ren)?|kids?", "people|crowd", "bik(e|er)s?")
PLACES = {
    "in the snow": "snow(y)?",
    "in the water": "water|ocean|sea|lake|river|pool",
    "on grass": "grass(y)?|lawn|field",
    "on the beach": "beach|sand(y)?",
    "on a street": "street|sidewalk|road|city",
    "on rocks": "rocks?|rocky|cliff|mountain(side)?s?",
}


@dataclass(frozen=True, eq=False)
class Mixture:
    """A photo asked with the words of another place than its own."""

    asked: int  # the photo
    words: Array  # (D,)
    embedding: Array  # (D,) of the two together
    right: npt.NDArray[np.bool_]  # (n,)


def mixtures(items: Sequence[Item], seen: Array, engine: Engine) -> Iterator[Mixture]:
    """Every photo with every other place, where the photos hold a right one. seen (n, D)."""
    subjects = np.stack([shows(items, words) for words in SUBJECTS])  # (S, n)
    places = np.stack([shows(items, words) for words in PLACES.values()])  # (P, n)
    texts = engine.encode_texts(list(PLACES))
    for asked, example in enumerate(seen):
        same: npt.NDArray[np.bool_] = np.any(subjects[subjects[:, asked]], axis=0)  # (n,) a subject in common
        same[asked] = False
        if not places[:, asked].any():
            continue
        for place, words in enumerate(texts):
            right = same & places[place]
            if not places[place, asked] and right.any():
                yield Mixture(asked, words, composed(Example(example, ""), words), right)


def shows(items: Sequence[Item], words: str) -> npt.NDArray[np.bool_]:
    """(n,) whether most of an item's captions say one of the words."""
    said = re.compile(rf"\b({words})\b", re.IGNORECASE)
    return np.array([sum(said.search(c) is not None for c in item.captions) >= SAID_BY for item in items])
