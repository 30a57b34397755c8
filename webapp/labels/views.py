"""The label sets of a library."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, F, FloatField, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from indexer.models import Label, LabelSet, Library, Space
from indexer.selectors import can_edit, is_present, libraries_visible_to
from search.labels import Progress, label_set_create, progress
from webapp.labels.forms import LabelSetForm
from webapp.labels.tasks import label_waiting


@dataclass(frozen=True)
class Shown:
    """A set with its labels, each with how often and how long it was given for sure."""

    label_set: LabelSet
    labels: Sequence[Label]
    progress: Progress
    n_sure: int

    @property
    def percent(self) -> int:
        return round(100 * self.progress.n_labelled / max(1, self.progress.n_segments))


def label_sets_visible_to(request: HttpRequest) -> QuerySet[LabelSet]:
    return LabelSet.objects.filter(library__in=libraries_visible_to(request.user)).select_related("library")


def shown(label_set: LabelSet) -> Shown:
    given = Q(segments__sure=True, segments__segment__space__status=Space.Status.ACTIVE)
    given &= is_present("segments__segment__video__")
    length_s = F("segments__segment__end_s") - F("segments__segment__start_s")
    labels = label_set.labels.annotate(
        n_segments=Count("segments", filter=given), seconds=Sum(length_s, filter=given, output_field=FloatField())
    )
    found = list(labels)
    return Shown(label_set, found, progress(label_set), sum(label.n_segments for label in found))


@require_http_methods(["GET", "POST"])
def labels_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = get_object_or_404(libraries_visible_to(request.user), pk=library_id)
    may_edit = can_edit(request.user, library)
    form = LabelSetForm(request.POST or None)
    if request.method == "POST":
        if not may_edit:
            raise PermissionDenied
        if form.is_valid() and made(library, form):
            return redirect("labels", library.pk)
    sets = [shown(label_set) for label_set in library.label_sets.all()]
    context = {"library": library, "sets": sets, "form": form, "may_edit": may_edit}
    return render(request, "pages/labels.html", context, status=400 if form.errors else 200)


def made(library: Library, form: LabelSetForm) -> bool:
    """The set, and a worker told; False and an error in the form where its name is taken."""
    try:
        with transaction.atomic():
            label_set_create(library_id=library.pk, name=form.cleaned_data["name"], names=form.cleaned_data["names"])
    except IntegrityError:
        form.add_error("name", _("This library has a set of that name. Choose another, or delete that one first."))
        return False
    ring()
    return True


def ring() -> None:
    """Begin at once; a broker that is down loses nothing: the beat comes by twice a minute."""
    transaction.on_commit(lambda: label_waiting.apply_async(retry=False), robust=True)


@never_cache
@require_GET
def label_set_state(request: HttpRequest, set_id: int) -> HttpResponse:
    """One set, while its segments are being named."""
    label_set = get_object_or_404(label_sets_visible_to(request), pk=set_id)
    may_edit = can_edit(request.user, label_set.library)
    return render(request, "fragments/label_set.html", {"set": shown(label_set), "may_edit": may_edit})


@require_POST
def labels_delete(request: HttpRequest, set_id: int) -> HttpResponse:
    label_set = get_object_or_404(label_sets_visible_to(request), pk=set_id)
    if not can_edit(request.user, label_set.library):
        raise PermissionDenied
    label_set.delete()
    messages.success(request, _("The set %(name)s is deleted.") % {"name": label_set.name})
    return redirect("labels", label_set.library_id)
