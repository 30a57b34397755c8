"""How the videos of a library are read for their index: in full, or fast."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from indexer.models import IndexMode
from indexer.modes import mode_set, n_read_otherwise
from webapp.errors import Problem, faults_of
from webapp.pages.actions import editable_library


class ModeForm(forms.Form):
    mode = forms.ChoiceField(choices=IndexMode.choices)


@require_http_methods(["GET", "POST"])
def reading_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    if request.method == "GET":
        context = {"library": library, "n_otherwise": n_read_otherwise(library)}
        return render(request, "pages/reading.html", context)
    form = ModeForm(request.POST)
    if not form.is_valid():
        raise Problem(faults_of(form))
    mode_set(library=library, mode=form.cleaned_data["mode"])
    messages.success(request, _("Saved: videos are read in this way from now on."))
    return redirect("reading", library.pk)
