"""The first page: the search box, and what there is to search. And a page for each library."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indexer.bells import ring_for_samples
from indexer.models import Library, Video
from indexer.selectors import can_edit, is_guest, is_member, libraries_visible_to, trash_open_to, videos_visible_to
from indexer.services import library_create
from search.copies_kept import copies_in
from webapp.pages.forms import LibraryForm
from webapp.saved.models import SavedSearch
from webapp.sharing.guests import guests_may_look
from webapp.uploads.pages import upload_context

SHELF = 12  # the newest videos of a library, on the first page
PAGE = 48
SAMPLES_ASKED = "samples-asked"
SAMPLES_WAIT_S = 300  # after so long without a video the button is offered again


@dataclass(frozen=True)
class Shelf:
    """A library on the first page, with its newest videos."""

    library: Library
    videos: list[Video]
    n_videos: int


@guests_may_look
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    shelves = [shelf_of(request, library) for library in libraries_visible_to(request.user)]
    filled = [shelf for shelf in shelves if shelf.n_videos]
    context = {"shelves": filled, "shown": [video for shelf in filled for video in shelf.videos]}
    if is_guest(request.user):
        return render(request, "pages/home.html", context)
    empty = {} if filled else upload_context(request) | {"samples_asked": cache.get(SAMPLES_ASKED)}
    saved = SavedSearch.objects.filter(owner=request.user)  # type: ignore[misc]
    return render(request, "pages/home.html", context | {"saved": saved} | empty)


@require_POST
def samples(request: HttpRequest) -> HttpResponse:
    """Ask a worker to make the sample library; the first page then waits for its first video."""
    if ring_for_samples():
        cache.set(SAMPLES_ASKED, True, SAMPLES_WAIT_S)
    else:
        messages.error(request, _("The workers cannot be reached, so nothing was started. Try again in a minute."))
    return redirect("home")


def shelf_of(request: HttpRequest, library: Library) -> Shelf:
    videos = videos_visible_to(request.user).filter(library=library)
    return Shelf(library, list(videos.prefetch_related("tags")[:SHELF]), videos.count())


@guests_may_look
@require_GET
def library_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    """Its videos; of one tag alone where the address names it."""
    library = get_object_or_404(libraries_visible_to(request.user), pk=library_id)
    videos = videos_visible_to(request.user).filter(library=library)
    tag = request.GET.get("tag", "")[:100]
    shown = videos.filter(tags__name__iexact=tag) if tag else videos
    page: Page[Video] = Paginator(shown.prefetch_related("tags"), PAGE).get_page(request.GET.get("page"))
    may_edit = can_edit(request.user, library)
    context = {
        "library": library,
        "page": page,
        "tag": tag,
        "kept": f"{urlencode({'tag': tag})}&" if tag else "",
        "facts": videos.aggregate(n_videos=Count("id"), duration_s=Sum("duration_s"), size_bytes=Sum("size_bytes")),
        "may_edit": may_edit,
        "is_member": is_member(request.user, library),
        "n_trashed": trash_open_to(request.user).filter(library=library).count(),
        "copies": copies_in(library) if may_edit else [],
        "no_copies": copies_in(library, dismissed=True) if may_edit else [],
    }
    return render(request, "pages/library.html", context)


@require_http_methods(["GET", "POST"])
def library_new(request: HttpRequest) -> HttpResponse:
    form = LibraryForm(request.POST or None)
    if not form.is_valid():
        return render(request, "pages/library_new.html", {"form": form})
    library = library_create(name=form.cleaned_data["name"], owner=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The library %(name)s is made. Upload its first video.") % {"name": library.name})
    return redirect("library", library.pk)
