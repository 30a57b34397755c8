"""One change made to many videos of a library, in one transaction: how many were changed, and why others were not."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from indexer import days, services, tags
from indexer.models import Library, Video
from indexer.selectors import videos_present

Change = Callable[[Video], str]  # makes it, or says why not; empty where it was made

GONE = gettext_lazy("no longer here")


@dataclass(frozen=True)
class Done:
    n_changed: int
    left: dict[str, int]  # how many were left as they were, by the reason

    def sentence(self, deed: str) -> str:
        """
        >>> Done(2, {"no longer here": 1}).sentence("tagged “beach”")
        '2 videos tagged “beach”; 1 left as it was: no longer here.'
        """
        made = ngettext("%(n)s video %(deed)s", "%(n)s videos %(deed)s", self.n_changed)
        made %= {"n": self.n_changed or _("No"), "deed": deed}
        n_left = sum(self.left.values())
        if not n_left:
            return f"{made}."
        why = ", ".join(f"{reason} ({n})" if len(self.left) > 1 else reason for reason, n in self.left.items())
        left = ngettext("%(n)s left as it was: %(why)s.", "%(n)s left as they were: %(why)s.", n_left)
        return f"{made}; {left % {'n': n_left, 'why': why}}"


@transaction.atomic
def apply(*, library: Library, video_ids: Collection[UUID], change: Change) -> Done:
    """The rows are held until all is done, in one order for all, so that two people cannot wait for each other."""
    rows = list(videos_present().select_for_update().filter(library=library, pk__in=video_ids).order_by("pk"))
    said = Counter(change(video) for video in rows)
    said[str(GONE)] += len(set(video_ids)) - len(rows)
    tags.forget_unused(library)
    return Done(said.pop("", 0), {reason: n for reason, n in said.items() if n})


def tag_add(library: Library, name: str) -> Change:
    def change(video: Video) -> str:
        if video.tags.filter(name__iexact=name).exists():
            return _("tagged so already")
        if video.tags.count() >= tags.MOST:
            return _("has %(n)s tags") % {"n": tags.MOST}
        video.tags.add(tags.tag_ensure(library, name))
        return ""

    return change


def tag_remove(name: str) -> Change:
    def change(video: Video) -> str:
        found = list(video.tags.filter(name__iexact=name))
        video.tags.remove(*found)
        return "" if found else _("not tagged so")

    return change


def recorded_set(moment: datetime | None) -> Change:
    def change(video: Video) -> str:
        if video.recorded_at == moment:
            return _("dated so already")
        Video.objects.filter(pk=video.pk).update(recorded_at=moment)
        return ""

    return change


def recorded_shift(by: timedelta) -> Change:
    """As for a camera whose clock went wrong."""

    def change(video: Video) -> str:
        if video.recorded_at is None:
            return _("no date to shift")
        try:
            moment = video.recorded_at + by
        except OverflowError:
            return _("would leave the calendar")
        if not days.FIRST.year <= moment.year <= days.LAST.year:
            return _("would leave the calendar")
        Video.objects.filter(pk=video.pk).update(recorded_at=moment)
        return ""

    return change


def titles_replace(find: str, put: str) -> Change:
    def change(video: Video) -> str:
        title = retitled(video.title, find, put)
        if title is None:
            return _("title without these letters, or nothing left of it")
        services.video_rename(video=video, title=title)
        return ""

    return change


def retitled(title: str, find: str, put: str) -> str | None:
    """The title as it would be; None where it stays, or where nothing would be left.

    >>> retitled("GOPR0012 beach", "GOPR", "GoPro "), retitled("beach", "dog", "cat"), retitled("beach", "beach", "")
    ('GoPro 0012 beach', None, None)
    """
    new = title.replace(find, put)
    return services.clean_title(new) if new.strip() and services.clean_title(new) != title else None


def to_trash(video: Video) -> str:
    return "" if services.video_trash(video=video) else str(GONE)


def index_again(video: Video) -> str:
    return "" if services.video_reindex(video=video) else _("under way already")
