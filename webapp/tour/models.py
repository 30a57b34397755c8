"""Who has had enough of the tour. Where somebody is in it is not kept: the page they look at says that."""

from django.conf import settings
from django.db import models


class TourEnded(models.Model):
    """Left, or seen to its end."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    ended_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"of {self.person_id}"
