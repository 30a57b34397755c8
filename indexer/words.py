"""Full text of a segment: its video's title, and its caption where there is one."""

import re

from django.contrib.postgres.search import SearchVector
from django.db.models import OuterRef, QuerySet, Subquery, Value

from indexer.models import Caption, Segment

CONFIG = "english"  # a query must be parsed with the same configuration
UNSURE_BELOW = 0.6  # agreement (docs/indexing.md); the page marks such a caption, and its words find nothing


def one_line(text: str) -> str:
    """Printable characters with one space between words; control characters would break pages, logs and Postgres.

    >>> one_line("  a\\x00 b\\n")
    'a b'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def title_words(title: str) -> str:
    """A title as words: file names join theirs with dots, dashes and underscores.

    >>> title_words("beach_day-2.final.mp4")
    'beach day 2 final mp4'
    """
    return re.sub(r"[\W_]+", " ", title).strip()


def write(segments: QuerySet[Segment], title: str) -> None:
    """The full text of these segments of one video: one update, from the captions stored for their spans.

    An unsure caption is left out: its words would turn an honest "nothing matches" into a wrong hit.
    """
    span = {name: OuterRef(name) for name in ("video_id", "space_id", "start_s", "end_s")}
    sure = Caption.objects.filter(**span, agreement__gte=UNSURE_BELOW)
    caption = Subquery(sure.values("text")[:1])
    segments.update(words=SearchVector(Value(title_words(title)), caption, config=CONFIG))
