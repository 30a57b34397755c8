"""A person's own account: the password, and what is asked for after it."""

from typing import Any

from allauth.mfa.base.views import IndexView
from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from webapp.audit.services import Kind, record


@method_decorator(never_cache, name="dispatch")
class AccountView(IndexView):  # type: ignore[misc]
    """Its factors, each with the way to remove it."""

    http_method_names = ["get", "head"]
    template_name = "factors/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        codes = context["authenticators"].get("recovery_codes")
        may_passkey = self.request.is_secure() or self.request.get_host().partition(":")[0] == "localhost"
        context["may_passkey"] = may_passkey  # where browsers have any
        return context | {"n_codes": len(codes.get_unused_codes()) if codes else 0}


class PasswordView(PasswordChangeView):
    """Asks for the old one. Every other browser is signed out by the change."""

    template_name = "factors/password.html"
    success_url = reverse_lazy("account")

    def get_form(self, form_class: Any = None) -> PasswordChangeForm:
        form: PasswordChangeForm = super().get_form(form_class)
        form.fields["new_password1"].help_text = _("At least 12 characters, and not one of the common ones.")
        form.fields["new_password2"].help_text = ""
        return form

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        with transaction.atomic():
            answer = super().form_valid(form)
            record(Kind.PASSWORD_CHANGED)
        messages.success(self.request, _("Your password is changed. Other browsers are signed out."))
        return answer
