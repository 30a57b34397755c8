from typing import Any

from allauth.account.adapter import get_adapter as accounts
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter as factors
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from django import forms
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

TYPED = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
CODE_LIVES_S = 120  # longer than a code of an app works, the drift of clocks included


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """A code of an authenticator app, or a recovery code. Each opens once."""

    code = forms.CharField(
        max_length=20,
        label=_("Code"),
        help_text=_("Six digits from your authenticator app, or a recovery code."),
        widget=forms.TextInput(attrs=TYPED),
    )

    def clean_code(self) -> str:
        code: str = super().clean_code()
        if not cache.add(f"factor-code-used:{self.user.pk}:{normalize_user_code(code)}", True, CODE_LIVES_S):
            raise factors().validation_error("incorrect_code")
        return code


class FromABrowser(forms.Form):
    """A credential that no browser would send is refused like a wrong one."""

    def full_clean(self) -> None:
        try:
            super().full_clean()
        except (AttributeError, KeyError, TypeError, ValueError):
            self.add_error("credential", factors().validation_error("incorrect_code"))


class PasskeyForm(FromABrowser, AddWebAuthnForm):  # type: ignore[misc]
    """A passkey signs in by itself, so it has to ask for a PIN, a finger or a face."""

    name = forms.CharField(
        max_length=80, required=False, label=_("Name"), help_text=_("What it is on: This laptop, The blue key.")
    )
    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_passwordless(self) -> bool:
        return True


class SecondPasskeyForm(FromABrowser, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """After the password."""


class PasskeyAloneForm(FromABrowser, LoginWebAuthnForm):  # type: ignore[misc]
    """In place of the password."""


class PasswordAgainForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not accounts().reauthenticate(self.user, password):
            raise accounts().validation_error("incorrect_password")
        return password
