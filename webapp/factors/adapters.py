"""Where allauth asks the project: what is encrypted, what is said, and how somebody proves again who they are."""

import base64
import hashlib
import logging
import secrets

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("Too many wrong codes. Wait a quarter of an hour, then try again."),
        "rate_limited": _("Too many wrong codes. Wait a quarter of an hour, then try again."),
        "incorrect_password": _("This is not your password."),
    }

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *rest: object, **more: object
    ) -> None:
        """What it says of signing in and out is said by our own pages."""
        if not (message_template or "").startswith("account/"):
            super().add_message(request, level, message_template, *rest, **more)

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Wrong passwords count here as on the sign-in page."""
        return authenticate(self.request, username=user.get_username(), password=password) is not None

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, str]]:
        """By the password alone: who found an open browser beside a phone must not remove the factors."""
        if not user.is_authenticated:
            return []
        described = {"id": "reauthenticate", "description": gettext("Use your password")}
        return [described | {"url": reverse("account_reauthenticate")}]


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is wrong, or was used already. Wait for the next one."),
    }

    def encrypt(self, text: str) -> str:
        """A copy of the database alone gives nobody a factor."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.error("factor_unreadable", extra={"reason": "SECRET_KEY changed; see manage.py reset_factors"})  # noqa: TRY400 (no trace is needed)
            return base64.b32encode(secrets.token_bytes(20)).decode()  # a secret nobody has: no code fits


def _cipher() -> Fernet:
    digest = hashlib.sha256(b"seekframe second factors:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
