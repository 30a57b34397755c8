"""What an editor may do to a video: each is a page that asks, and a button that does it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from indexer import services
from indexer.models import Library, Video
from indexer.selectors import can_edit, libraries_visible_to, videos_visible_to
from webapp.pages.forms import EditForm
from webapp.pages.questions import CANCEL, REINDEX, Question, to_trash
from webapp.pages.questions import ask as ask_first


def editable(request: HttpRequest, video_id: UUID) -> Video:
    """The video for a person who may change it. 404 for a stranger, 403 for one who may only look."""
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    if not can_edit(request.user, video.library):
        raise PermissionDenied
    return video


def editable_library(request: HttpRequest, library_id: UUID) -> Library:
    """The library for a person who may change it: as `editable`."""
    library = get_object_or_404(libraries_visible_to(request.user), pk=library_id)
    if not can_edit(request.user, library):
        raise PermissionDenied
    return library


def ask(request: HttpRequest, video: Video, question: Question) -> HttpResponse:
    return ask_first(request, question, reverse("video", args=[video.pk]), video=video)


@require_http_methods(["GET", "POST"])
def video_delete(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Into the trash."""
    video = editable(request, video_id)
    if request.method == "GET":
        return ask(request, video, to_trash())
    services.video_trash(video=video)
    messages.success(request, trashed(video.title))
    return redirect("library", video.library_id)


def trashed(title: str) -> str:
    days = settings.TRASH_DAYS
    if not days:
        return _("%(title)s is deleted for good.") % {"title": title}
    said = ngettext(
        "%(title)s is in the trash for %(n)s day.",
        "%(title)s is in the trash for %(n)s days.",
        days,
    )
    return said % {"title": title, "n": days}


@require_http_methods(["GET", "POST"])
def video_cancel(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if request.method == "GET":
        return ask(request, video, CANCEL)
    if not services.video_cancel(video=video):
        messages.info(request, _("There was nothing to stop: indexing had already ended."))
    return redirect("video", video.pk)


@require_http_methods(["GET", "POST"])
def video_reindex(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if request.method == "GET":
        return ask(request, video, REINDEX)
    if not services.video_reindex(video=video):
        messages.info(request, _("Indexing is already under way."))
    return redirect("video", video.pk)


@require_http_methods(["GET", "POST"])
def video_edit(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    tags = ", ".join(tag.name for tag in video.tags.all())
    form = EditForm(
        request.POST or None, initial={"title": video.title, "recorded_at": video.recorded_at, "tags": tags}
    )
    if not form.is_valid():
        return render(request, "pages/edit.html", {"video": video, "form": form}, status=400 if form.errors else 200)
    services.video_edit(video=video, **form.cleaned_data)
    return redirect("video", video.pk)
