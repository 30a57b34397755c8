"""Searches to suggest to a person: what their videos seem to show, in the words of captions."""

import re
from collections.abc import Iterator
from uuid import UUID

from indexer.models import Video
from indexer.spaces import active_space
from indexer.words import title_words
from search import library
from search.calibrate import Calibration, scorer_for

MOST = 12
LONGEST = 60  # a suggestion is a phrase, not a paragraph


def typical(library_ids: tuple[UUID, ...], n: int = MOST) -> list[str]:
    """Captions that most of the libraries' moments are nearest to; none where the weights came without captions."""
    space = active_space()
    scorer = scorer_for(space) if space is not None else None
    if space is None or not isinstance(scorer, Calibration):
        return []
    return scorer.references.typical(library.sample(space, library_ids), n)


def candidates(library_ids: tuple[UUID, ...]) -> Iterator[str]:
    """Phrases worth trying, best first: typical captions, then titles that are words rather than file names."""
    yield from (text for text in typical(library_ids) if len(text) <= LONGEST)
    newest = Video.objects.filter(library__in=library_ids, status=Video.Status.READY).values_list("title", flat=True)
    yield from (words for title in newest[:MOST] if (words := plain_words(title)))


def plain_words(title: str) -> str:
    """A title as a phrase; empty for what a camera or a machine named.

    >>> plain_words("Dog_on-the_beach.mp4"), plain_words("IMG_2034.MOV")
    ('dog on the beach', '')
    """
    stem = re.sub(r"\.\w{2,4}$", "", title)
    words = title_words(stem).lower().split()
    spoken = [word for word in words if word.isalpha() and len(word) > 1]
    return " ".join(words) if len(spoken) >= 2 and len(spoken) == len(words) and len(stem) <= LONGEST else ""
