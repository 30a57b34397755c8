from typing import TYPE_CHECKING

from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.models import User

if TYPE_CHECKING:  # generic for the type checker alone
    _CreationForm = BaseUserCreationForm[User]
else:
    _CreationForm = BaseUserCreationForm


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This name and password do not belong together. Check both; capital letters matter.",
        "inactive": "This account is switched off. Ask the person who runs this Seekframe.",
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["username"].label = "Name"


class SetupForm(_CreationForm):
    """Name and password, twice; Django's password rules apply."""

    class Meta:
        model = User
        fields = ("username",)
        labels = {"username": "Name"}
        help_texts = {"username": "Letters, digits and @ . + - _"}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least 10 characters, and not one of the common ones."
        self.fields["password2"].label = "Password again"
        self.fields["password2"].help_text = ""
