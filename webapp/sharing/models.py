"""Links that let somebody in: to look at a library for some days, or once, to become a member of it."""

import secrets

from django.conf import settings
from django.db import models

from indexer.models import Library, Membership


def secret_make() -> str:
    """What stands in the address: 256 random bits, stored nowhere."""
    return secrets.token_urlsafe(32)


class Door(models.Model):
    """What both kinds have in common. Either works only while the person who made it owns the library."""

    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret in the address")
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField()

    class Meta:
        abstract = True


class ShareLink(Door):
    """Whoever has the address may look at the library."""

    name = models.CharField(max_length=80)
    n_opened = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="when somebody last looked by it, to the minute")

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["library", "-ends_at"], name="share_link_library")]  # the owner's list

    def __str__(self) -> str:
        return self.name


class Invitation(Door):
    """Whoever first uses the address becomes a member."""

    role = models.CharField(max_length=8, choices=Membership.Role.choices)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["library", "-ends_at"], name="invitation_library")]  # the owner's list

    def __str__(self) -> str:
        return f"{self.role} of {self.library}"
