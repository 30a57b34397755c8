"""Keep a search, and let it go."""

from itertools import chain

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from webapp.languages.stored import in_language
from webapp.saved.forms import SaveForm
from webapp.saved.models import SavedSearch
from webapp.saved.services import TooMany, search_keep


@require_POST
def saved_new(request: HttpRequest) -> HttpResponse:
    """Under a name that is taken the new search takes the old one's place."""
    form = SaveForm(request.POST, request.user)
    if not form.is_valid():
        for problem in chain.from_iterable(form.errors.values()):
            messages.error(request, str(problem))
        return redirect("home")
    assert request.user.pk is not None
    try:
        kept = search_keep(owner_id=request.user.pk, **form.cleaned_data)
    except TooMany as problem:
        messages.error(request, in_language(problem))
        return redirect("home")
    messages.success(request, _("The search %(name)s is saved. You find it on the first page.") % {"name": kept.name})
    return redirect(f"{reverse('search')}?{kept.asked}")


@require_POST
def saved_delete(request: HttpRequest, search_id: int) -> HttpResponse:
    saved = get_object_or_404(SavedSearch, pk=search_id, owner=request.user)
    saved.delete()
    messages.success(request, _("The saved search %(name)s is deleted. The videos stay.") % {"name": saved.name})
    return redirect("home")
