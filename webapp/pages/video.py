"""The video page: player, scrubber with its heat line, segments, details."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from indexer.captions import UNSURE_BELOW
from indexer.models import Caption, Segment, Space, Video
from indexer.selectors import can_edit, videos_visible_to
from model_server.engine import EngineError
from search.engine import HeatStep, heat_map
from webapp.model import engine
from webapp.pages.captions import captions_of
from webapp.pages.details import facts_of, timings_of
from webapp.pages.forms import SecondForm
from webapp.pages.links import frame_url, play_url
from webapp.pages.words import left_s, state_of

CUTOFF = 0.5  # where the handle stands at first: more likely right than wrong


@dataclass(frozen=True)
class Tile:
    """A segment in the strip under the scrubber."""

    start_s: float
    end_s: float
    frame_url: str
    percent: int | None  # best score of the query in it
    caption: str
    unsure: bool  # read back, the caption says something else than the pictures do


@require_GET
def video_page(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    text = request.GET.get("q", "").strip()[:500]
    steps = heat_of(video, text)
    context = {
        "video": video,
        "state": state_of(video, left_s(video)),
        "at_s": SecondForm.second(request.GET.get("t"), video.duration_s),
        "may_edit": can_edit(request.user, video.library),
        "facts": facts_of(video),
        "timings": timings_of(video),
        "play_url": play_url(video),
    }
    return render(request, "pages/video.html", context | strip_of(video, steps) | _asked(text, steps))


@never_cache
@require_GET
def segments(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """The strip alone, with the captions written since."""
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    text = request.GET.get("q", "").strip()[:500]
    context = {"video": video, "q": text, "may_edit": can_edit(request.user, video.library)}
    return render(request, "pages/video_segments.html", context | strip_of(video, heat_of(video, text)))


def strip_of(video: Video, steps: Sequence[HeatStep] | None) -> dict[str, object]:
    return {"segments": tiles_of(video, steps or []), "captions": captions_of(video)}


def heat_of(video: Video, text: str) -> list[HeatStep] | None:
    """The query along the video; None where the model is away."""
    if not text:
        return []
    try:
        return heat_map(video, text, engine())
    except EngineError:
        return None


def tiles_of(video: Video, steps: Sequence[HeatStep]) -> list[Tile]:
    """The segments of the space that search uses, in time order."""
    segments = video.segments.filter(space__status=Space.Status.ACTIVE)
    captions = {(c.start_s, c.end_s): c for c in video.captions.filter(space__status=Space.Status.ACTIVE)}
    return [_tile(video, segment, steps, captions.get((segment.start_s, segment.end_s))) for segment in segments]


def _tile(video: Video, segment: Segment, steps: Sequence[HeatStep], caption: Caption | None) -> Tile:
    inside = [step.score for step in steps if step.start_s < segment.end_s and step.end_s > segment.start_s]
    middle_s = round((segment.start_s + segment.end_s) / 2, 1)
    frame = frame_url(video, middle_s)
    share = round(100 * max(inside)) if inside else None
    if caption is None or not caption.text:
        return Tile(segment.start_s, segment.end_s, frame, share, "", False)
    return Tile(segment.start_s, segment.end_s, frame, share, caption.text, caption.agreement < UNSURE_BELOW)


def _asked(text: str, steps: Sequence[HeatStep] | None) -> dict[str, object]:
    shown = [[round(s.start_s, 2), round(s.end_s, 2), round(s.score, 4)] for s in steps or []]
    scores = [step.score for step in steps or []]
    return {"q": text, "steps": shown, "scores": scores, "heat_away": steps is None, "cutoff": CUTOFF}
