"""The video page: player, scrubber with its heat line, segments, details."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from indexer import captions
from indexer.models import Space, Video
from indexer.selectors import can_edit, videos_visible_to
from model_server.engine import EngineError
from search.copies_kept import copies_of
from search.results import HeatStep
from search.timeline import heat_map
from webapp.languages.stored import in_language
from webapp.model import engine
from webapp.pages.details import facts_of, timings_of
from webapp.pages.forms import DetailForm, SecondForm
from webapp.pages.links import play_url
from webapp.pages.strip import CAPTIONS_A_REQUEST, spans_of, strip_of
from webapp.pages.words import left_s, state_of
from webapp.sharing.guests import guests_may_look
from webapp.tracks.shown import transcript_of

MOST_COPIES = 3  # a note, not a list
CUTOFF = 0.5  # where the handle stands at first: more likely right than wrong


@guests_may_look
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
        "transcript": transcript_of(video),
        "looks_like": copies_of([video], request.user)[video.pk][:MOST_COPIES],
        "question": request.GET.get("ask", "").strip()[:300],
    }
    return render(request, "pages/video.html", context | strip_of(video, steps) | _asked(text, steps))


@guests_may_look
@never_cache
@require_GET
def segments(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """The strip alone: with the captions written since, or cut finer or coarser."""
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    return _strip(request, video, DetailForm.detail_of(request.GET.get("detail")))


@require_POST
def segments_caption(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Captions for the next few segments of this view's cut; whoever may look at it may ask."""
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    detail = DetailForm.detail_of(request.POST.get("detail"))
    space = get_object_or_404(Space, status=Space.Status.ACTIVE)
    spans, cut_at, _ = spans_of(video, space, detail)
    problem = ""
    try:
        captions.write_here(video, space, spans, engine(), CAPTIONS_A_REQUEST)
    except captions.NoDecoder:
        problem = in_language(captions.NO_DECODER)
    except EngineError as error:
        problem = in_language(error)
    return _strip(request, video, cut_at, problem)


def _strip(request: HttpRequest, video: Video, detail: int, problem: str = "") -> HttpResponse:
    text = request.POST.get("q", request.GET.get("q", "")).strip()[:500]
    context = {"video": video, "q": text, "may_edit": can_edit(request.user, video.library), "problem": problem}
    return render(request, "pages/video_segments.html", context | strip_of(video, heat_of(video, text), detail))


def heat_of(video: Video, text: str) -> list[HeatStep] | None:
    """The query along the video; None where the model is away."""
    if not text:
        return []
    try:
        return heat_map(video, text, engine())
    except EngineError:
        return None


def _asked(text: str, steps: Sequence[HeatStep] | None) -> dict[str, object]:
    shown = [[round(s.start_s, 2), round(s.end_s, 2), round(s.score, 4)] for s in steps or []]
    scores = [step.score for step in steps or []]
    return {"q": text, "steps": shown, "scores": scores, "heat_away": steps is None, "cutoff": CUTOFF}
