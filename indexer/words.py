"""Full text of a segment: its video's title now; captions come beside it."""

import re

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

CONFIG = "english"  # a query must be parsed with the same configuration


def title_words(title: str) -> str:
    """A title as words: file names join theirs with dots, dashes and underscores.

    >>> title_words("beach_day-2.final.mp4")
    'beach day 2 final mp4'
    """
    return re.sub(r"[\W_]+", " ", title).strip()


def title_vector(title: str) -> SearchVector:
    return SearchVector(Value(title_words(title)), config=CONFIG)
