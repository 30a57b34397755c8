from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST = 128  # longer ones only keep the server busy


class MaximumLengthValidator:
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 (Django's signature)
        if len(password) > MOST:
            raise ValidationError(_("This password is too long. It may have 128 characters."), code="too_long")

    def get_help_text(self) -> str:
        return _("It may have 128 characters.")
