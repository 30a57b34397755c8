"""Reads of tracks. Who may see the video may see its lines; of what lies in the trash there are none."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Least

from indexer.models import Library, Track, TrackLine, Video
from indexer.selectors import Person, is_present, videos_visible_to

Status = Track.Status


@dataclass(frozen=True)
class Progress:
    """Of one kind in one library."""

    n_videos: int  # that have a track
    n_ready: int
    n_waiting: int
    n_failed: int
    n_stopped: int
    done_s: float
    duration_s: float
    error: str  # of one that waits or failed: why

    @property
    def live(self) -> bool:
        return self.n_waiting > 0

    @property
    def share(self) -> float:
        return min(1.0, self.done_s / self.duration_s) if self.duration_s else 0.0


def lines_visible_to(user: Person, video: Video, kind: str = "") -> QuerySet[TrackLine]:
    """In time order."""
    found = TrackLine.objects.filter(track__video__in=videos_visible_to(user).filter(pk=video.pk))
    return (found.filter(track__kind=kind) if kind else found).select_related("track").order_by("start_s", "pk")


def tracks_of(video: Video) -> dict[str, Track]:
    return {track.kind: track for track in Track.objects.filter(video=video)}


def progress_of(library: Library, kind: str) -> Progress:
    tracks = Track.objects.filter(is_present("video__"), video__library=library, kind=kind)
    by_model = Q(is_imported=False)
    facts = tracks.aggregate(
        n_videos=Count("pk"),
        n_ready=Count("pk", filter=Q(status=Status.READY)),
        n_waiting=Count("pk", filter=Q(status__in=(Status.WAITING, Status.WORKING))),
        n_failed=Count("pk", filter=Q(status=Status.FAILED)),
        n_stopped=Count("pk", filter=Q(status=Status.CANCELLED)),
        done_s=Sum(Least("done_s", "video__duration_s"), filter=by_model),
        duration_s=Sum("video__duration_s", filter=by_model),
    )
    error = tracks.exclude(error="").order_by("-status").values_list("error", flat=True).first()
    done = {name: facts[name] or 0.0 for name in ("done_s", "duration_s")}
    return Progress(**(facts | done), error=error or "")
