"""A person's saved searches."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Router, Status
from ninja.errors import HttpError
from ninja.pagination import paginate

from webapp.api.auth import READ, WRITE
from webapp.api.listing import PAGE, Pages
from webapp.api.once import once
from webapp.api.schemas import SavedIn, SavedOut
from webapp.errors import faults_of
from webapp.saved.forms import SaveForm
from webapp.saved.models import SavedSearch
from webapp.saved.services import TooMany, search_keep

router = Router()


@router.get("/searches", response=list[SavedOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def saved_searches(request: HttpRequest) -> list[dict[str, Any]]:
    """One's own. `asked` goes behind the question mark of `GET /search`."""
    return [_saved(request, row) for row in _own(request)]


@router.post("/searches", response={201: SavedOut}, auth=WRITE)
@once(SavedOut)
def saved_new(request: HttpRequest, made: SavedIn) -> dict[str, Any]:
    """Under a name that is taken the new search takes the old one's place."""
    assert request.user.pk is not None
    form = SaveForm({"name": made.name, "asked": made.asked}, request.user)
    if not form.is_valid():
        raise HttpError(422, faults_of(form))
    try:
        return _saved(request, search_keep(owner_id=request.user.pk, **form.cleaned_data))
    except TooMany as problem:
        raise HttpError(409, str(problem)) from problem


@router.delete("/searches/{int:search_id}", response={204: None}, auth=WRITE)
def saved_delete(request: HttpRequest, search_id: int) -> Status[None]:
    """The videos stay."""
    get_object_or_404(_own(request), pk=search_id).delete()
    return Status(204, None)


def _own(request: HttpRequest) -> QuerySet[SavedSearch]:
    assert request.user.pk is not None
    return SavedSearch.objects.filter(owner_id=request.user.pk)


def _saved(request: HttpRequest, row: SavedSearch) -> dict[str, Any]:
    url = request.build_absolute_uri(f"{reverse('search')}?{row.asked}")
    return {"id": row.pk, "name": row.name, "asked": row.asked, "url": url, "created_at": row.created_at}
