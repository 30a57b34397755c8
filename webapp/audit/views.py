"""The audit log: all of it for the operator, one's own deeds for everyone."""

from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from webapp.audit.models import AuditEntry
from webapp.operate.access import staff_only

PAGE = 50


class AuditForm(forms.Form):
    person = forms.CharField(max_length=150, required=False, label=_("Person"))
    kind = forms.ChoiceField(choices=[("", _("everything")), *AuditEntry.Kind.choices], required=False, label=_("Deed"))


@never_cache
@require_GET
@staff_only
def audit_page(request: HttpRequest) -> HttpResponse:
    form = AuditForm(request.GET)
    asked = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    context = {"form": form, "page": page_of(request, AuditEntry.objects.filter(**asked)), "days": settings.AUDIT_DAYS}
    return render(request, "pages/audit.html", context | {"kept": f"{urlencode(asked)}&" if asked else ""})


@never_cache
@require_GET
def activity_page(request: HttpRequest) -> HttpResponse:
    own = AuditEntry.objects.filter(person_id=request.user.pk)
    return render(request, "factors/activity.html", {"page": page_of(request, own), "days": settings.AUDIT_DAYS})


def page_of(request: HttpRequest, entries: QuerySet[AuditEntry]) -> Page[AuditEntry]:
    return Paginator(entries, PAGE).get_page(request.GET.get("page"))
