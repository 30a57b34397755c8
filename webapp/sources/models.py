"""Where videos come from besides the browser, and every file that was seen there."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from indexer.models import Library, Video


class Source(models.Model):
    """A watched folder, a bucket's prefix, or one address. What it brings in belongs to the person who added it."""

    class Kind(models.TextChoices):
        FOLDER = "folder"
        BUCKET = "bucket"
        ADDRESS = "address"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="sources")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    place = models.CharField(max_length=2000, help_text="a path, s3://bucket/prefix, or http(s)://...")
    paused = models.BooleanField(default=False)
    error = models.TextField(blank=True, help_text="why the last look found nothing out, in a sentence")
    created_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(null=True, blank=True, help_text="when a look last came to its end")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["library", "place"], name="one_source_a_place")]

    def __str__(self) -> str:
        return self.place


class SourceItem(models.Model):
    """A file seen in a source. Its row stays, so that a video that was deleted does not come again."""

    class Status(models.TextChoices):
        WAITING = "waiting"  # seen; taken once it has been still
        FETCHING = "fetching"  # its upload says how far
        FETCHED = "fetched"  # a video now, or the same file was one already
        KNOWN = "known"  # the same content came from here before
        REFUSED = "refused"  # `error` says why, in a sentence for the person
        CANCELLED = "cancelled"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="items")
    key = models.TextField(help_text="path below the folder, key in the bucket, or the address")
    version = models.CharField(max_length=300, blank=True, help_text="size and time of change, or the server's etag")
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    error = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True, help_text="backoff: not fetched before this moment")
    seen_at = models.DateTimeField(default=timezone.now, help_text="when this version was first seen")
    changed_at = models.DateTimeField(default=timezone.now, help_text="when the status last changed")
    video = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-changed_at", "-id"]
        indexes = [models.Index(fields=["source", "status", "seen_at"], name="source_item_due")]  # what is next
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_item_a_key")]

    def __str__(self) -> str:
        return self.key
