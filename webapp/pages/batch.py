"""Several videos of a library at once: chosen on a page of their own, changed by one button."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from indexer import batch
from indexer.models import Library, Video
from indexer.selectors import videos_editable_by
from webapp.pages.actions import editable_library
from webapp.pages.batch_form import BatchForm
from webapp.pages.fragments import is_uuid
from webapp.pages.home import PAGE
from webapp.pages.questions import trash_sentence

NOTHING_CHOSEN = _("Choose at least one video.")


@dataclass(frozen=True)
class Renamed:
    """A title before and after."""

    old: str
    new: str | None  # None: it stays


@require_http_methods(["GET", "POST"])
def batch_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    if request.method == "GET":
        return choose(request, library, BatchForm(), [])
    chosen = [UUID(text) for text in request.POST.getlist("video") if is_uuid(text)]
    form = BatchForm(request.POST)
    if not form.is_valid() or not chosen:
        return choose(request, library, form, chosen, problem="" if chosen else str(NOTHING_CHOSEN))
    if form.cleaned_data["do"] in BatchForm.ASK_FIRST:
        return ask(request, library, form, chosen)
    change, deed = form.change(library)
    done = batch.apply(library=library, video_ids=chosen, change=change)
    (messages.success if done.n_changed else messages.info)(request, done.sentence(deed))
    return redirect("library", library.pk)


def choose(
    request: HttpRequest, library: Library, form: BatchForm, chosen: Sequence[UUID], problem: str = ""
) -> HttpResponse:
    """The page with its boxes; what was chosen stays chosen where something was wrong."""
    videos = videos_editable_by(request.user).filter(library=library).prefetch_related("tags")
    page: Page[Video] = Paginator(videos, PAGE).get_page(request.POST.get("page", request.GET.get("page")))
    context = {"library": library, "page": page, "form": form, "chosen": set(chosen), "problem": problem}
    context["tags"] = library.tags.all()
    return render(request, "pages/batch.html", context, status=400 if problem or form.errors else 200)


def ask(request: HttpRequest, library: Library, form: BatchForm, chosen: Sequence[UUID]) -> HttpResponse:
    """What would happen, before it does."""
    videos = list(videos_editable_by(request.user).filter(library=library, pk__in=chosen).order_by("title"))
    values, do = form.cleaned_data, form.cleaned_data["do"]
    context = {
        "library": library,
        "chosen": chosen,
        "values": values,
        "sure": BatchForm.ASK_FIRST[do],
        "back": f"{reverse('batch', args=[library.pk])}",
    }
    if do == "titles":
        titles = [Renamed(video.title, batch.retitled(video.title, values["find"], values["put"])) for video in videos]
        context["titles"] = titles
        context["n_changed"] = sum(title.new is not None for title in titles)
    else:
        context |= {"videos": videos, "sentence": trash_sentence(len(videos))}
    return render(request, "pages/batch_sure.html", context)
