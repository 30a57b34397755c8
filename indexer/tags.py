"""Tags: the words that people give to videos. One a library however it is written; one that no video has is gone."""

from collections.abc import Iterable, Sequence

from django.db import transaction

from indexer.models import Library, Tag, Video
from indexer.words import one_line

NAME_MAX = 60
MOST = 50  # of one video


class TagProblem(ValueError):
    """A sentence for the person."""


def tag_names(given: Iterable[str]) -> list[str]:
    """The names, each once, in the order given. TagProblem where one cannot be a tag.

    >>> tag_names(["Beach", " beach ", "", "two  words"])
    ['Beach', 'two words']
    """
    once: dict[str, str] = {}
    for name in filter(None, (one_line(text) for text in given)):
        if "," in name:
            raise TagProblem("A tag holds no comma: commas stand between tags.")
        if len(name) > NAME_MAX:
            raise TagProblem(f"“{name[:40]}…” is longer than {NAME_MAX} characters. Shorten it.")
        once.setdefault(name.casefold(), name)
    if len(once) > MOST:
        raise TagProblem(f"These are {len(once)} tags; a video holds {MOST}.")
    return list(once.values())


def tag_ensure(library: Library, name: str) -> Tag:
    """The library's tag of this name, as it was first written."""
    # The row of the library is held, so that two people who write it at once make one tag.
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)
    found = Tag.objects.filter(library=library, name__iexact=name).first()
    return found or Tag.objects.create(library=library, name=name)


@transaction.atomic
def tags_set(*, video: Video, names: Sequence[str]) -> None:
    video.tags.set([tag_ensure(video.library, name) for name in names])
    forget_unused(video.library)


def forget_unused(library: Library) -> None:
    """Videos in the trash keep theirs."""
    Tag.objects.filter(library=library, videos=None).delete()
