from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.models import User
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # generic for the type checker alone
    _CreationForm = BaseUserCreationForm[User]
else:
    _CreationForm = BaseUserCreationForm


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("This name and password do not belong together. Check both; capital letters matter."),
        "inactive": _("This account is switched off. Ask the person who runs this Seekframe."),
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["username"].label = _("Name")


class AccountForm(_CreationForm):
    """Name and password, twice; Django's password rules apply."""

    class Meta:
        model = User
        fields = ("username",)
        labels = {"username": _("Name")}
        help_texts = {"username": _("Letters, digits and @ . + - _")}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = _("At least 12 characters, and not one of the common ones.")
        self.fields["password2"].label = _("Password again")
        self.fields["password2"].help_text = ""


class SetupForm(AccountForm):
    """The first account.

    Where a setup token is set (it is when other machines can reach the page), only who has read it on the console may
    make the account.
    """

    token = forms.CharField(
        label=_("Setup token"), help_text=_("Printed on the console where Seekframe was started."), required=True
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if not settings.SETUP_TOKEN:
            del self.fields["token"]

    def clean_token(self) -> str:
        token = str(self.cleaned_data["token"])
        if not constant_time_compare(token, settings.SETUP_TOKEN):
            raise forms.ValidationError(_("This is not the setup token. Copy it from the console again."))
        return token
