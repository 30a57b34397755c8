"""Libraries, and the names their segments are held against."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError
from ninja.pagination import paginate

from indexer.models import LabelSet, Library, Membership
from indexer.modes import mode_set
from indexer.selectors import can_edit, is_present, libraries_visible_to, roles_of, videos_visible_to
from indexer.services import library_create
from search.labels import label_set_create
from webapp.api.auth import READ, WRITE
from webapp.api.listing import PAGE, Pages
from webapp.api.once import once
from webapp.api.schemas import LabelSetIn, LabelSetOut, LibraryEdit, LibraryIn, LibraryOut
from webapp.errors import faults_of
from webapp.labels.forms import LabelSetForm
from webapp.labels.views import label_sets_visible_to, ring, shown
from webapp.pages.actions import editable_library

router = Router()
NAME_TAKEN = "This library has a set of that name. Choose another, or delete that one first."


@router.get("/libraries", response=list[LibraryOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def libraries(request: HttpRequest) -> list[dict[str, Any]]:
    """Those one may see, with one's role."""
    present = Count("videos", filter=is_present("videos__"))
    found: QuerySet[Library] = libraries_visible_to(request.user).annotate(n_videos=present).order_by("name", "id")
    roles = roles_of(request.user)
    return [_library(row, roles.get(row.pk, Membership.Role.VIEWER), row.n_videos) for row in found]  # type: ignore[attr-defined]


@router.post("/libraries", response={201: LibraryOut}, auth=WRITE)
@once(LibraryOut)
def library_new(request: HttpRequest, made: LibraryIn) -> dict[str, Any]:
    """A library of one's own."""
    assert request.user.is_authenticated
    library = library_create(name=made.name, owner=request.user, index_mode=made.index_mode)
    return _library(library, Membership.Role.OWNER, 0)


@router.patch("/libraries/{uuid:library_id}", response=LibraryOut, auth=WRITE)
def library_edit(request: HttpRequest, library_id: UUID, asked: LibraryEdit) -> dict[str, Any]:
    """How its videos are read from now on; `POST /videos/ID/reindex` reads one anew."""
    library = editable_library(request, library_id)
    mode_set(library=library, mode=asked.index_mode)
    role = roles_of(request.user)[library.pk]
    return _library(library, role, videos_visible_to(request.user).filter(library=library).count())


def _library(row: Library, role: str, n_videos: int) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "role": role, "n_videos": n_videos, "index_mode": row.index_mode}


@router.get("/libraries/{uuid:library_id}/labels", response=list[LabelSetOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def label_sets(request: HttpRequest, library_id: UUID) -> list[dict[str, Any]]:
    """Sets of names, and how often and how long each was given for sure. A label's `id` is a filter of search."""
    library = get_object_or_404(libraries_visible_to(request.user), pk=library_id)
    return [_label_set(found) for found in library.label_sets.all()]


@router.post("/libraries/{uuid:library_id}/labels", response={201: LabelSetOut}, auth=WRITE)
@once(LabelSetOut)
def label_set_new(request: HttpRequest, library_id: UUID, made: LabelSetIn) -> dict[str, Any]:
    """Every segment of the library is named by the one it comes nearest to, in the background."""
    library = editable_library(request, library_id)
    form = LabelSetForm({"name": made.name, "names": "\n".join(made.names)})
    if not form.is_valid():
        raise HttpError(422, faults_of(form))
    try:
        with transaction.atomic():
            asked = form.cleaned_data
            label_set = label_set_create(library_id=library.pk, name=asked["name"], names=asked["names"])
    except IntegrityError as error:
        raise HttpError(409, NAME_TAKEN) from error
    ring()
    return _label_set(label_set)


@router.delete("/labels/{int:set_id}", response={204: None}, auth=WRITE)
def label_set_delete(request: HttpRequest, set_id: int) -> Status[None]:
    """The set and its names; the videos stay."""
    label_set = get_object_or_404(label_sets_visible_to(request), pk=set_id)
    if not can_edit(request.user, label_set.library):
        raise PermissionDenied
    label_set.delete()
    return Status(204, None)


def _label_set(label_set: LabelSet) -> dict[str, Any]:
    found = shown(label_set)
    labels = [
        {"id": label.pk, "name": label.name, "n_segments": label.n_segments, "duration_s": label.seconds or 0.0}  # type: ignore[attr-defined]
        for label in found.labels
    ]
    counts = {"n_segments": found.progress.n_segments, "n_labelled": found.progress.n_labelled}
    return {"id": label_set.pk, "library_id": label_set.library_id, "name": label_set.name, "labels": labels, **counts}
