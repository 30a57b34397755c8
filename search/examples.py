"""Searches to suggest to a person: what their videos seem to show, in the words of captions."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from uuid import UUID

from indexer.models import Space, Video
from indexer.selectors import videos_present
from indexer.spaces import active_space
from indexer.words import title_words
from model_server.engine import Engine
from search import library
from search.calibrate import Calibration, scorer_for

N_PHRASES, N_TITLES = 24, 12
LONGEST = 60  # a suggestion is a phrase, not a paragraph
_STOP = (
    "a an the and or of to in on at by for from with into over near next as it its his her their that who which while"
    " is are was has have there this some very up down out off"
)
_WORD = rf"(?!(?:{_STOP.replace(' ', '|')})\b)[a-z]+"
_THING = re.compile(rf"\b(?:a|an|two)(?: {_WORD}){{1,3}}(?: of (?:a )?{_WORD})?\b")
_DOING = re.compile(r"(?:ing|[a-z]{3}ed)$")  # "a man riding" is half a sentence


def near_phrases(space: Space, library_ids: tuple[UUID, ...], engine: Engine) -> list[str]:
    """Things that captions name and that some moment of the libraries comes nearest to; EngineError as search has it.

    Whole captions are no suggestions: each says more than another video shows.
    """
    scorer = scorer_for(space)
    seen = library.sample(space, library_ids)
    if not isinstance(scorer, Calibration) or not len(seen):
        return []
    phrases = things(scorer.references.caption_texts)
    embeddings = engine.encode_texts(phrases)  # (P, D)
    height = (seen @ embeddings.T).max(0) - (scorer.references.background @ embeddings.T).mean(0)
    return [phrases[i] for i in (-height).argsort()[:N_PHRASES]]


def things(captions: Iterable[str]) -> list[str]:
    """The things that at least two of the captions name.

    >>> things(["A cup of coffee on a table.", "Two cats and a cup of coffee", "A man riding", "A man riding"])
    ['a cup of coffee']
    """
    named = Counter(thing for caption in captions for thing in set(_THING.findall(caption.lower())))
    return [thing for thing, n in named.items() if n > 1 and not _DOING.search(thing)]


def candidates(library_ids: tuple[UUID, ...], engine: Engine) -> Iterator[str]:
    """Phrases worth trying."""
    space = active_space()
    if space is not None and (engine.space.model, engine.space.version) == (space.model, space.version):
        yield from near_phrases(space, library_ids, engine)


def titles(library_ids: tuple[UUID, ...]) -> Iterator[str]:
    """The newest titles that are words rather than file names."""
    newest = videos_present().filter(library__in=library_ids, status=Video.Status.READY).values_list("title", flat=True)
    yield from (words for title in newest[:N_TITLES] if (words := plain_words(title)))


def plain_words(title: str) -> str:
    """A title as a phrase; empty for what a camera or a machine named.

    >>> plain_words("Dog_on-the_beach.mp4"), plain_words("IMG_2034.MOV")
    ('dog on the beach', '')
    """
    stem = re.sub(r"\.\w{2,4}$", "", title)
    words = title_words(stem).lower().split()
    spoken = [word for word in words if word.isalpha() and len(word) > 1]
    return " ".join(words) if len(spoken) >= 2 and len(spoken) == len(words) and len(stem) <= LONGEST else ""
