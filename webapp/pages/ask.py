"""A question about the moment that a person is looking at."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from indexer.models import Space
from indexer.selectors import videos_visible_to
from model_server.engine import EngineError
from search.ask import ask
from webapp.errors import faults_of
from webapp.languages.stored import in_language
from webapp.model import engine
from webapp.pages.forms import AskForm
from webapp.sharing.guests import guests_may_ask

NOT_INDEXED = _("This video is not indexed yet: ask again when it is.")


@guests_may_ask
@require_POST
def video_ask(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Whoever may look at the video may ask; nothing is stored."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    form = AskForm(request.POST)
    if not form.is_valid():
        return render(request, "fragments/answers.html", {"problem": faults_of(form)})
    question, answers = form.cleaned_data["question"], form.cleaned_data["answers"]
    space = get_object_or_404(Space, status=Space.Status.ACTIVE)
    try:
        asked = ask(video, space, form.cleaned_data["t"] or 0.0, question, answers, engine())
    except EngineError as error:
        return render(request, "fragments/answers.html", {"problem": in_language(error)})
    if asked is None:
        return render(request, "fragments/answers.html", {"problem": NOT_INDEXED})
    best = max(asked.answers[0].similarity, 1e-6)
    shares = [round(100 * min(1.0, max(0.0, answer.similarity / best))) for answer in asked.answers]
    context = {"asked": asked, "question": question, "ranked": list(zip(asked.answers, shares, strict=True))}
    return render(request, "fragments/answers.html", context)
