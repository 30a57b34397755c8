"""The trash of a library: what lies there, how long yet, and the ways out of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indexer import services
from indexer.models import Video
from indexer.selectors import trash_open_to
from webapp.pages.actions import editable_library
from webapp.pages.questions import DELETE, EMPTY_TRASH, ask

PAGE = 48


@dataclass(frozen=True)
class Trashed:
    video: Video
    gone_at: datetime


@require_GET
def trash_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    found = trash_open_to(request.user).filter(library=library)
    page: Page[Video] = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"library": library, "page": page, "rows": [Trashed(video, gone_at(video)) for video in page]}
    return render(request, "pages/trash.html", context | {"days": settings.TRASH_DAYS})


def gone_at(video: Video) -> datetime:
    """When a video in the trash is deleted for good."""
    assert video.trashed_at is not None
    return video.trashed_at + timedelta(days=settings.TRASH_DAYS)


@require_POST
def video_restore(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = get_object_or_404(trash_open_to(request.user), pk=video_id)
    if services.video_restore(video=video):
        messages.success(request, _("%(title)s is back in its library.") % {"title": video.title})
    return redirect("video", video.pk)


@require_http_methods(["GET", "POST"])
def video_purge(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = get_object_or_404(trash_open_to(request.user).select_related("library"), pk=video_id)
    back = reverse("trash", args=[video.library_id])
    if request.method == "GET":
        return ask(request, DELETE, back, video=video)
    services.video_delete(video=video)
    messages.success(request, _("%(title)s is deleted for good.") % {"title": video.title})
    return redirect(back)


@require_http_methods(["GET", "POST"])
def trash_empty(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    if request.method == "GET":
        n_videos = trash_open_to(request.user).filter(library=library).count()
        in_it = ngettext("%(n)s video in the trash", "%(n)s videos in the trash", n_videos) % {"n": n_videos}
        subject = f"{library.name}: {in_it}"
        return ask(request, EMPTY_TRASH, reverse("trash", args=[library.pk]), subject=subject)
    n_videos = services.trash_empty(library=library)
    gone = ngettext("%(n)s video is deleted for good.", "%(n)s videos are deleted for good.", n_videos)
    messages.success(request, gone % {"n": n_videos})
    return redirect("library", library.pk)
