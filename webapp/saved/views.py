"""Keep a search, and let it go."""

from itertools import chain

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from indexer.selectors import libraries_visible_to
from webapp.saved.forms import SaveForm
from webapp.saved.models import MOST, SavedSearch


@require_POST
def saved_new(request: HttpRequest) -> HttpResponse:
    """Under a name that is taken the new search takes the old one's place."""
    form = SaveForm(request.POST, libraries_visible_to(request.user))
    if not form.is_valid():
        for problem in chain.from_iterable(form.errors.values()):
            messages.error(request, str(problem))
        return redirect("home")
    name, asked = form.cleaned_data["name"], form.cleaned_data["asked"]
    if SavedSearch.objects.filter(owner=request.user).exclude(name=name).count() >= MOST:  # type: ignore[misc]
        messages.error(request, f"You have {MOST} saved searches. Delete one that you no longer need.")
        return redirect("home")
    kept(request, name, asked)
    messages.success(request, f"The search {name} is saved. You find it on the first page.")
    return redirect(f"{reverse('search')}?{asked}")


def kept(request: HttpRequest, name: str, asked: str) -> None:
    try:
        with transaction.atomic():
            SavedSearch.objects.create(owner=request.user, name=name, asked=asked)  # type: ignore[misc]
    except IntegrityError:
        SavedSearch.objects.filter(owner=request.user, name=name).update(asked=asked)  # type: ignore[misc]


@require_POST
def saved_delete(request: HttpRequest, search_id: int) -> HttpResponse:
    saved = get_object_or_404(SavedSearch, pk=search_id, owner=request.user)
    saved.delete()
    messages.success(request, f"The saved search {saved.name} is deleted. The videos stay.")
    return redirect("home")
