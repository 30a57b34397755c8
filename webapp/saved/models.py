"""A search that a person kept. What it holds is asked anew each time, so it fills itself and never shows more than this
person may see."""

from django.conf import settings
from django.db import models

MOST = 100  # of one person


class SavedSearch(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=80)
    asked = models.TextField(help_text="the search page's address after the question mark")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_search_name")]

    def __str__(self) -> str:
        return self.name
