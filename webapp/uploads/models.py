"""One row an upload. How many bytes have come is not in it: the size of the part file alone says that."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from indexer.models import Library, Video
from webapp.sources.models import SourceItem


class Upload(models.Model):
    """A file on its way in. Its id becomes the video's."""

    class Status(models.TextChoices):
        RECEIVING = "receiving"
        RECEIVED = "received"  # all bytes are here; a worker checks the file and hands it to the indexer
        FINISHED = "finished"  # it is a video now, or was one already
        REFUSED = "refused"  # `error` says why, in a sentence for the person
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    title = models.CharField(max_length=300)
    file_name = models.CharField(
        max_length=300, help_text="shown to its owner, so that the same file can be chosen again"
    )
    metadata = models.TextField(blank=True, help_text="Upload-Metadata as the client sent it: HEAD gives it back")
    size_bytes = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100, blank=True, help_text="by the file's first bytes; blank before")
    sha256 = models.CharField(max_length=64, blank=True)
    allow_duplicate = models.BooleanField(default=False, help_text="keep the file though the library has it already")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RECEIVING)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(default=timezone.now, help_text="when bytes last came, or the status changed")
    item = models.ForeignKey(
        SourceItem,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="uploads",
        help_text="where it is fetched from; blank where a browser sends it",
    )
    video = models.OneToOneField(Video, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    duplicate_of = models.ForeignKey(Video, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["owner", "created_at"], name="upload_owner_newest"),  # the rows of the upload page
            models.Index(fields=["status", "touched_at"], name="upload_sweeper"),  # expired and unfinished uploads
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def expires_at(self) -> datetime:
        return self.touched_at + timedelta(seconds=settings.UPLOAD_EXPIRES_S)

    @property
    def is_expired(self) -> bool:
        late = self.status == self.Status.RECEIVING and self.expires_at <= timezone.now()
        return late or self.status == self.Status.EXPIRED
