"""Keys for programs, and the answers kept for calls that are sent twice.

A key acts as the person who made it, within its scope, and never shows its secret again.
"""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PREFIX = "sf_"
SEEN_EVERY = timedelta(minutes=1)  # a row is not written at every request


class ApiKey(models.Model):
    class Scope(models.TextChoices):
        READ = "read", _("read: look and search")
        WRITE = "write", _("write: also upload, change and delete videos, and share your libraries")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key: 256 random bits need no salt")
    hint = models.CharField(max_length=8, help_text="its last characters, to tell it from others")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} (...{self.hint})"

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class KeptAnswer(models.Model):
    """What a call with an `Idempotency-Key` made, so that the same call again makes nothing."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was sent")
    began_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="none while the call is under way")
    body = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "path", "key"], name="kept_answer_once")]
        indexes = [models.Index(fields=["began_at"], name="kept_answer_sweeper")]  # those that are a day old

    def __str__(self) -> str:
        return f"{self.path} ({self.status or 'under way'})"


def key_make(*, owner_id: int, name: str, scope: str, days: int | None) -> tuple[ApiKey, str]:
    """The row, and the key itself: it is stored nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    expires_at = timezone.now() + timedelta(days=days) if days else None
    key = ApiKey.objects.create(
        owner_id=owner_id, name=name, scope=scope, digest=digest_of(secret), hint=secret[-4:], expires_at=expires_at
    )
    return key, secret


def key_of(secret: str) -> ApiKey | None:
    """The live key of a secret, of a person who may still sign in."""
    if not secret.startswith(PREFIX):
        return None
    key = ApiKey.objects.select_related("owner").filter(digest=digest_of(secret), owner__is_active=True).first()
    if key is None or key.has_expired:
        return None
    now = timezone.now()
    if key.seen_at is None or now - key.seen_at > SEEN_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(seen_at=now)
    return key


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
