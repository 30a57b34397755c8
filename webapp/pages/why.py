"""Why the moment on screen is a hit, or is none."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from indexer.selectors import videos_visible_to
from model_server.engine import EngineError
from search.explain import explain
from webapp.languages.stored import in_language
from webapp.model import engine
from webapp.pages.forms import SecondForm
from webapp.pages.links import frame_url
from webapp.sharing.guests import guests_may_look


@guests_may_look
@never_cache
@require_GET
def video_why(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    text = request.GET.get("q", "").strip()[:500]
    at_s = SecondForm.second(request.GET.get("t"), video.duration_s)
    problem = _("This video is not indexed yet, or nothing was asked.")
    try:
        why = explain(video, text, at_s, engine())
    except EngineError as error:
        why, problem = None, in_language(error)
    picture = frame_url(video, round(why.best_s, 1)) if why else ""
    return render(request, "fragments/why.html", {"why": why, "problem": problem, "picture": picture, "q": text})
