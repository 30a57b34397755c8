"""Videos of a library that look like copies of each other, and which of them people said are none."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from kombu.exceptions import OperationalError
from ninja import Router, Status
from ninja.pagination import paginate

from indexer.models import LikelyCopy
from indexer.selectors import can_edit, libraries_visible_to
from search.copies_kept import copies_of_library, copy_dismiss, copy_restore
from webapp.api.auth import READ, WRITE
from webapp.api.listing import PAGE, Pages
from webapp.api.problems import Refusal
from webapp.api.schemas import CopyOut
from webapp.pages.actions import editable_library
from webapp.tasks import find_copies

router = Router()
NO_WORKERS = "The workers cannot be reached, so nothing was started. Try again in a minute."


@router.get("/libraries/{uuid:library_id}/copies", response=list[CopyOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def copies(request: HttpRequest, library_id: UUID, dismissed: bool = False) -> QuerySet[LikelyCopy]:
    """The likeliest first; with `dismissed` those that somebody said are none."""
    library = get_object_or_404(libraries_visible_to(request.user), pk=library_id)
    return copies_of_library(library, dismissed=dismissed)


@router.post("/libraries/{uuid:library_id}/copies", response={202: None}, auth=WRITE)
def copies_find(request: HttpRequest, library_id: UUID) -> Status[None]:
    """Compare all its videos, in the background. A new video is compared with the rest by itself."""
    library = editable_library(request, library_id)
    try:
        find_copies.apply_async(args=[str(library.pk)], retry=False)
    except (OperationalError, OSError) as problem:
        raise Refusal(503, NO_WORKERS, retry_after_s=60) from problem
    return Status(202, None)


@router.post("/copies/{int:copy_id}/dismiss", response=CopyOut, auth=WRITE)
def dismiss(request: HttpRequest, copy_id: int) -> LikelyCopy:
    """It is no copy: no later comparison brings it back."""
    copy = _editable(request, copy_id)
    copy_dismiss(copy=copy)
    copy.refresh_from_db()
    return copy


@router.post("/copies/{int:copy_id}/restore", response=CopyOut, auth=WRITE)
def restore(request: HttpRequest, copy_id: int) -> LikelyCopy:
    copy = _editable(request, copy_id)
    copy_restore(copy=copy)
    copy.refresh_from_db()
    return copy


def _editable(request: HttpRequest, copy_id: int) -> LikelyCopy:
    """404 for a stranger, 403 for one who may only look."""
    visible = LikelyCopy.objects.filter(first__library__in=libraries_visible_to(request.user))
    copy = get_object_or_404(visible.select_related("first__library"), pk=copy_id)
    if not can_edit(request.user, copy.first.library):
        raise PermissionDenied
    return copy
