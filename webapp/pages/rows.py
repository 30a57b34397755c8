"""Search results as the page shows them: one row a video, its hits as a film strip in time order."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from indexer.models import Video
from indexer.words import UNSURE_BELOW
from search.results import Hit, Results, Verdict, VideoHits
from webapp.pages.heat import WIDTH
from webapp.pages.links import frame_url, play_url

STRIP = 12  # hits a strip shows; the best of them where there are more


@dataclass(frozen=True)
class Criterion:
    """A part of the query at a hit, and where the model can be asked about it."""

    name: str
    verdict: Verdict
    url: str


@dataclass(frozen=True)
class Moment:
    """A hit in a strip."""

    hit: Hit
    is_best: bool
    url: str
    frame_url: str  # empty until the video has pictures
    mark_x: float  # place on the heat line, in its user units
    criteria: list[Criterion]

    @property
    def percent(self) -> int:
        return round(self.hit.score * 100)

    @property
    def unsure(self) -> bool:
        """Read back, its caption says something else than the pictures do."""
        return self.hit.agreement is not None and self.hit.agreement < UNSURE_BELOW


@dataclass(frozen=True)
class Row:
    found: VideoHits
    video: Video
    moments: list[Moment]
    n_more: int
    play_url: str
    query: str  # carries the search to the video's page


def rows_of(found: Iterable[VideoHits], videos: dict[UUID, Video], results: Results) -> list[Row]:
    """The rows, in the order found. A video that was deleted meanwhile has no row."""
    return [_row(hits, videos[hits.video_id], results) for hits in found if hits.video_id in videos]


def _row(found: VideoHits, video: Video, results: Results) -> Row:
    shown = found.hits[:STRIP]
    in_time = sorted(shown, key=lambda hit: hit.start_s)
    moments = [_moment(hit, hit is found.hits[0], video, results) for hit in in_time]
    return Row(found, video, moments, len(found.hits) - len(shown), play_url(video), urlencode({"q": results.text}))


def _moment(hit: Hit, is_best: bool, video: Video, results: Results) -> Moment:
    at_s = round(hit.best_s, 1)
    url = f"{reverse('video', args=[video.pk])}?{urlencode({'t': f'{at_s:g}', 'q': results.text})}"
    mark_x = WIDTH * hit.best_s / video.duration_s if video.duration_s else 0.0
    criteria = [
        Criterion(name, verdict, f"{url}&{urlencode({'ask': f'Is there {name} in the picture?'})}#ask")
        for name, verdict in zip(results.criteria, hit.criteria, strict=False)  # the nearest have none
    ]
    return Moment(hit, is_best, url, frame_url(video, at_s), min(mark_x, WIDTH - 4.0), criteria)
