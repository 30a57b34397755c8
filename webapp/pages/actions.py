"""What an editor may do to a video: each is a page that asks, and a button that does it."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from indexer import services
from indexer.models import Video
from indexer.selectors import can_edit, videos_visible_to
from webapp.pages.forms import TitleForm


@dataclass(frozen=True)
class Question:
    """A page that asks before something is done."""

    heading: str
    sentence: str
    button: str
    danger: bool = False


DELETE = Question(
    "Delete this video?",
    "The file, its pictures and its index are removed from this machine. Nobody can bring them back.",
    "Delete the video",
    danger=True,
)
CANCEL = Question(
    "Stop indexing?",
    "The file stays here and can be indexed again at any time. Until then its moments are not found.",
    "Stop indexing",
)
REINDEX = Question(
    "Index this video again?",
    "It is read from the start. What is already indexed stays searchable until the new index replaces it.",
    "Index it again",
)


def editable(request: HttpRequest, video_id: UUID) -> Video:
    """The video for a person who may change it. 404 for a stranger, 403 for one who may only look."""
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    if not can_edit(request.user, video.library):
        raise PermissionDenied
    return video


def ask(request: HttpRequest, video: Video, question: Question) -> HttpResponse:
    return render(request, "pages/confirm.html", {"video": video, "question": question})


@require_http_methods(["GET", "POST"])
def video_delete(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if request.method == "GET":
        return ask(request, video, DELETE)
    services.video_delete(video=video)
    messages.success(request, f"{video.title} is deleted.")
    return redirect("library", video.library_id)


@require_http_methods(["GET", "POST"])
def video_cancel(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if request.method == "GET":
        return ask(request, video, CANCEL)
    if not services.video_cancel(video=video):
        messages.info(request, "There was nothing to stop: indexing had already ended.")
    return redirect("video", video.pk)


@require_http_methods(["GET", "POST"])
def video_reindex(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if request.method == "GET":
        return ask(request, video, REINDEX)
    if not services.video_reindex(video=video):
        messages.info(request, "Indexing is already under way.")
    return redirect("video", video.pk)


@require_http_methods(["GET", "POST"])
def video_rename(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    form = TitleForm(request.POST or None, initial={"title": video.title})
    if not form.is_valid():
        return render(request, "pages/rename.html", {"video": video, "form": form})
    services.video_rename(video=video, title=form.cleaned_data["title"])
    return redirect("video", video.pk)
