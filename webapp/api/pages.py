"""A person's keys: made, shown once, deleted."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webapp.api.models import ApiKey, key_make
from webapp.audit.services import Kind, record

MOST = 50  # of one person


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=80, label=_("Name"), help_text=_("What the key is for: Backup script, Assistant.")
    )
    scope = forms.ChoiceField(
        choices=ApiKey.Scope.choices,
        label=_("It may"),
        help_text=_("One that writes can also add people to the libraries that you own, and make links into them."),
    )
    days = forms.TypedChoiceField(
        choices=[("30", _("for 30 days")), ("365", _("for a year")), ("", _("until it is deleted"))],
        coerce=int,
        empty_value=None,
        required=False,
        label=_("It works"),
    )


@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """A new key is on the answer to its own request and nowhere else: not in a session, not in an address."""
    assert request.user.pk is not None
    own = ApiKey.objects.filter(owner_id=request.user.pk)
    form, secret = KeyForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        if own.count() >= MOST:
            form.add_error(None, _("You have %(n)s keys. Delete one that you no longer need.") % {"n": MOST})
        else:
            with transaction.atomic():
                key, secret = key_make(owner_id=request.user.pk, **form.cleaned_data)
                record(Kind.KEY_MADE, f"{key}, {key.scope}")
            form = KeyForm()
    context = {"form": form, "keys": own.all(), "secret": secret}
    return render(request, "pages/keys.html", context, status=400 if form.errors else 200)


@require_POST
def key_delete(request: HttpRequest, key_id: int) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=key_id, owner=request.user)
    with transaction.atomic():
        key.delete()
        record(Kind.KEY_ENDED, f"{key}, {key.scope}")
    messages.success(
        request, _("The key %(name)s is deleted: programs that use it are refused from now on.") % {"name": key.name}
    )
    return redirect("keys")
