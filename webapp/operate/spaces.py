"""The spaces: the one that search uses, those being built with how far they are, and those that were before."""

from dataclasses import dataclass

from django.db.models import QuerySet

from indexer.models import Space, Stream, Video
from indexer.selectors import videos_present


@dataclass(frozen=True)
class Held:
    space: Space
    n_videos: int
    n_wanted: int  # that a building one must hold before it takes over

    @property
    def share(self) -> float:
        return min(1.0, self.n_videos / self.n_wanted) if self.n_wanted else 1.0


def spaces() -> list[Held]:
    order = {Space.Status.ACTIVE: 0, Space.Status.BUILDING: 1, Space.Status.RETIRED: 2}
    found = sorted(Space.objects.all(), key=lambda space: (order[Space.Status(space.status)], -space.pk))
    active = next((space for space in found if space.status == Space.Status.ACTIVE), None)
    wanted = videos_in(active) if active else Video.objects.none()
    return [_held(space, wanted) for space in found]


def videos_in(space: Space) -> QuerySet[Video]:
    streams = Stream.objects.filter(space=space).values("video")
    return videos_present().filter(pk__in=streams)


def _held(space: Space, wanted: QuerySet[Video]) -> Held:
    """Of one that is being built only the videos count that the active one holds: they decide the switch."""
    if space.status != Space.Status.BUILDING:
        n_videos = videos_in(space).count()
        return Held(space, n_videos, n_videos)
    return Held(space, videos_in(space).filter(pk__in=wanted.values("pk")).count(), wanted.count())
