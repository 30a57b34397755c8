"""A picture that was searched with: what the model made of it, and a small copy to look at. The file is not kept."""

import uuid

from django.conf import settings
from django.db import models

from indexer.models import Space, Video


class ShownPicture(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    video = models.ForeignKey(
        Video, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="whose frame it is"
    )
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    embedding = models.BinaryField(help_text="(D,) float32 little-endian, predicted")
    thumbnail = models.BinaryField(help_text="WebP")
    at_s = models.FloatField(null=True, blank=True, help_text="the second of its video")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"picture {self.pk}"
