"""Who may see a picture that was searched with, and what it is to the search."""

import re
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from indexer.models import Membership, Video
from indexer.selectors import Person, videos_visible_to
from indexer.spaces import active_space
from search import by_example
from search.results import Example
from webapp.pages.links import frame_url
from webapp.pages.words import timecode
from webapp.shown.models import ShownPicture

MOMENT = re.compile(r"([0-9a-f-]{36})@(\d{1,6}(?:\.\d{1,3})?)")
GONE = "What this search shows is gone, or is not shared with you. Show it again."
MOVED_ON = "The model has changed since this picture was shown. Show it again."
UNINDEXED = "This video is not indexed yet: search by its moments when it is."


class NotShown(ValueError):
    """A sentence for the person."""


@dataclass(frozen=True)
class Shown:
    """An example with what a page shows of it."""

    key: str  # as it stands in the address: like=...
    example: Example
    picture_url: str
    page_url: str  # of the video that it is a moment of; empty for a picture from elsewhere


def pictures_visible_to(user: Person) -> QuerySet[ShownPicture]:
    """A frame: for those who see its video. A picture from elsewhere: for its owner and those who share a library."""
    if not user.is_authenticated:
        return ShownPicture.objects.none()
    mine = Membership.objects.filter(user_id=user.pk).values("library")
    around = Membership.objects.filter(library__in=mine).values("user")
    own = Q(video=None) & (Q(owner=user.pk) | Q(owner__in=around))
    return ShownPicture.objects.filter(own | Q(video__in=videos_visible_to(user)))


def shown_of(user: Person, key: str) -> Shown:
    """A moment (`VIDEO@12.5`) or a picture (`ID`). NotShown where this person cannot search by it."""
    if found := MOMENT.fullmatch(key):
        return _moment(user, key, found[1], float(found[2]))
    picture = pictures_visible_to(user).select_related("video").filter(pk=_uuid(key)).first()
    if picture is None:
        raise NotShown(GONE)
    space = active_space()
    if space is None or picture.space_id != space.pk:
        raise NotShown(MOVED_ON)
    example = Example(np.frombuffer(picture.embedding, "<f4").astype(np.float32), said_of(picture.video, picture.at_s))
    page = _page(picture.video, picture.at_s or 0.0) if picture.video else ""
    return Shown(key, example, reverse("shown-picture", args=[picture.pk]), page)


def _moment(user: Person, key: str, video_id: str, at_s: float) -> Shown:
    video = videos_visible_to(user).filter(pk=_uuid(video_id)).first()
    if video is None:
        raise NotShown(GONE)
    space = active_space()
    example = by_example.moment(video, space, at_s, said_of(video, at_s)) if space else None
    if example is None:
        raise NotShown(UNINDEXED)
    return Shown(key, example, frame_url(video, at_s), _page(video, at_s))


def said_of(video: Video | None, at_s: float | None) -> str:
    if video is None:
        return _("this picture")
    return _("%(time)s of %(title)s") % {"time": timecode(at_s or 0.0), "title": video.title}


def _page(video: Video, at_s: float) -> str:
    return f"{reverse('video', args=[video.pk])}?t={at_s:g}"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotShown(GONE) from error
