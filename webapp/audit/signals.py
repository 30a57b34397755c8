"""What Django, axes and allauth tell of: connected when the web process's app is ready."""

from typing import Any

from allauth.mfa import signals as factors
from allauth.mfa.models import Authenticator
from axes.signals import user_locked_out
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from indexer.models import Library, Video
from indexer.signals import trash_emptied, video_deleted
from webapp.audit.services import Kind, record


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    record(Kind.SIGNED_IN, person=user, request=request)


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    record(Kind.SIGNED_OUT, person=user, request=request)


@receiver(user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    record(Kind.SIGN_IN_FAILED, person=named(credentials.get("username")), request=request)


@receiver(user_locked_out)
def locked_out(request: HttpRequest, username: str, **_: Any) -> None:
    record(Kind.LOCKED_OUT, person=named(username), request=request)


def named(username: object) -> User | None:
    """Only a name that somebody has: what was typed there by mistake may be a password."""
    return User.objects.filter(username=str(username)).first()


@receiver(factors.authentication_failed)
def code_failed(request: HttpRequest, user: User, **_: Any) -> None:
    record(Kind.CODE_FAILED, person=user, request=request)


@receiver(factors.authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    record(Kind.CODES_MADE if codes else Kind.FACTOR_ADDED, said_of(authenticator), person=user, request=request)


@receiver(factors.authenticator_reset)
def codes_made(request: HttpRequest, user: User, **_: Any) -> None:
    record(Kind.CODES_MADE, person=user, request=request)


@receiver(factors.authenticator_removed)
def factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    record(Kind.FACTOR_REMOVED, said_of(authenticator), person=user, request=request)


def said_of(authenticator: Authenticator) -> str:
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        return f"passkey {authenticator.wrap().name}"
    return "authenticator app" if authenticator.type == Authenticator.Type.TOTP else "recovery codes"


@receiver(video_deleted)
def deleted(video: Video, **_: Any) -> None:
    record(Kind.DELETED, f"{video.title}, in {video.library}")


@receiver(trash_emptied)
def emptied(library: Library, n_videos: int, **_: Any) -> None:
    record(Kind.DELETED, f"{library}: {n_videos} in the trash")
