"""The places that a library's videos come from, and their files: for editors, as a place says much about the server."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError
from ninja.pagination import paginate

from webapp.api.auth import READ, WRITE
from webapp.api.listing import PAGE, Pages
from webapp.api.once import once
from webapp.api.sources_schemas import SourceEditIn, SourceIn, SourceItemOut, SourceOut
from webapp.errors import Problem, faults_of
from webapp.pages.actions import editable_library
from webapp.sources import services
from webapp.sources.forms import SourceForm
from webapp.sources.models import Source, SourceItem
from webapp.sources.selectors import counts_of, how_it_is, row_of
from webapp.sources.views import editable_source

router = Router()
NOTHING_TO_CANCEL = "There is nothing to cancel: all of it is here, or it has ended."
UNDER_WAY = "It is under way already, or all of it is here."


class ItemPages(Pages):
    """What a file's row says is asked for those of the page alone: a folder may hold thousands."""

    def paginate_queryset(
        self, queryset: QuerySet[Any], pagination: Any, request: HttpRequest, **params: Any
    ) -> dict[str, Any]:
        found: dict[str, Any] = super().paginate_queryset(queryset, pagination, request, **params)
        return {**found, "items": [_item(item) for item in found["items"]]}


@router.get("/libraries/{uuid:library_id}/sources", response=list[SourceOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def sources(request: HttpRequest, library_id: UUID) -> list[dict[str, Any]]:
    """The oldest first."""
    library = editable_library(request, library_id)
    return [_source(source) for source in library.sources.select_related("owner")]


@router.post("/libraries/{uuid:library_id}/sources", response={201: SourceOut}, auth=WRITE)
@once(SourceOut)
def source_new(request: HttpRequest, library_id: UUID, made: SourceIn) -> dict[str, Any]:
    """A worker looks at it within a minute. 422 where the place may not be watched; 409 where it is there already."""
    library = editable_library(request, library_id)
    form = SourceForm({"place": made.place})
    if not form.is_valid():
        raise HttpError(422, faults_of(form))
    assert request.user.is_authenticated
    place = form.cleaned_data["place"]
    try:
        return _source(services.source_add(library=library, owner=request.user, kind=form.kind, place=place))
    except Problem as problem:
        raise HttpError(409, problem.message) from problem


@router.get("/sources/{uuid:source_id}", response=SourceOut, auth=READ)
def source(request: HttpRequest, source_id: UUID) -> dict[str, Any]:
    return _source(editable_source(request, source_id))


@router.patch("/sources/{uuid:source_id}", response=SourceOut, auth=WRITE)
def source_pause(request: HttpRequest, source_id: UUID, change: SourceEditIn) -> dict[str, Any]:
    """Pause it, or go on: what has come is kept."""
    found = editable_source(request, source_id)
    services.source_pause(source=found, paused=change.paused)
    found.refresh_from_db()
    return _source(found)


@router.post("/sources/{uuid:source_id}/look", response={202: None}, auth=WRITE)
def source_look(request: HttpRequest, source_id: UUID) -> Status[None]:
    """A worker is asked to look now, not within the minute. One that is paused stays so."""
    services.ring(editable_source(request, source_id).pk)
    return Status(202, None)


@router.delete("/sources/{uuid:source_id}", response={204: None}, auth=WRITE)
def source_remove(request: HttpRequest, source_id: UUID) -> Status[None]:
    """The videos that it brought in stay."""
    services.source_remove(source=editable_source(request, source_id))
    return Status(204, None)


@router.get("/sources/{uuid:source_id}/items", response=list[SourceItemOut], auth=READ)
@paginate(ItemPages, page_size=PAGE)
def source_items(
    request: HttpRequest, source_id: UUID, status: SourceItem.Status | None = None
) -> QuerySet[SourceItem]:
    """Every file seen there, what changed last first."""
    items = _items(editable_source(request, source_id))
    return items if status is None else items.filter(status=status)


@router.post("/sources/{uuid:source_id}/items/{int:item_id}/cancel", response={202: SourceItemOut}, auth=WRITE)
def source_item_cancel(request: HttpRequest, source_id: UUID, item_id: int) -> Status[dict[str, Any]]:
    items = _items(editable_source(request, source_id))
    if not services.item_cancel(item=get_object_or_404(items, pk=item_id)):
        raise HttpError(409, NOTHING_TO_CANCEL)
    return Status(202, _item(get_object_or_404(items, pk=item_id)))


@router.post("/sources/{uuid:source_id}/items/{int:item_id}/retry", response={202: SourceItemOut}, auth=WRITE)
def source_item_retry(request: HttpRequest, source_id: UUID, item_id: int) -> Status[dict[str, Any]]:
    """One that was refused or cancelled."""
    items = _items(editable_source(request, source_id))
    if not services.item_retry(item=get_object_or_404(items, pk=item_id)):
        raise HttpError(409, UNDER_WAY)
    return Status(202, _item(get_object_or_404(items, pk=item_id)))


def _items(found: Source) -> QuerySet[SourceItem]:
    return found.items.select_related("source", "video")


def _source(row: Source) -> dict[str, Any]:
    names = ("id", "library_id", "kind", "place", "paused", "error", "created_at", "looked_at")
    counts = {f"n_{name}": n for name, n in counts_of(row).items()}
    _, state = how_it_is(row)
    return {name: getattr(row, name) for name in names} | counts | {"state": state, "added_by": str(row.owner)}


def _item(item: SourceItem) -> dict[str, Any]:
    row = row_of(item.source, item)
    names = ("id", "key", "status", "size_bytes", "changed_at")
    said = {"state": row.sentence, "share": row.share, "may_cancel": row.can_stop, "may_retry": row.can_retry}
    return {name: getattr(item, name) for name in names} | said | {"video_id": row.video.pk if row.video else None}
