"""What is said and what is written in a video: a track of each kind, and its timed lines."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Track(models.Model):
    """One kind of a video's lines: how far they are, and the claim of who writes them."""

    class Kind(models.TextChoices):
        SAID = "said"
        WRITTEN = "written"

    class Status(models.TextChoices):
        WAITING = "waiting"
        WORKING = "working"  # a worker holds the lease
        READY = "ready"
        FAILED = "failed"  # `error` says why, in a sentence for the person
        CANCELLED = "cancelled"

    video = models.ForeignKey("indexer.Video", on_delete=models.CASCADE, related_name="tracks")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    error = models.TextField(blank=True, help_text="why it failed, or why it waits")
    model = models.CharField(max_length=200, blank=True, help_text="what wrote the lines; a file's name where imported")
    language = models.CharField(max_length=16, blank=True, help_text="as the model heard it, such as en")
    is_imported = models.BooleanField(default=False, help_text="a person's own subtitles: no model writes over them")
    done_s = models.FloatField(default=0.0, help_text="lines are written up to here; a worker goes on from it")
    attempts = models.PositiveIntegerField(default=0, help_text="since the last stretch that was stored")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="while it waits: no claim before this")
    rung_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["video", "kind"]
        indexes = [models.Index(fields=["status", "lease_until"], name="track_sweeper")]  # due for a doorbell
        constraints = [models.UniqueConstraint(fields=["video", "kind"], name="one_track_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} in {self.video_id}"


class TrackLine(models.Model):
    """What is said or written from one second to another."""

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="lines", db_index=False)
    start_s = models.FloatField()
    end_s = models.FloatField()
    text = models.TextField()
    words = SearchVectorField(null=True, help_text="full text")

    class Meta:
        ordering = ["track", "start_s", "id"]
        indexes = [
            models.Index(fields=["track", "start_s"], name="line_in_time_order"),  # the transcript
            GinIndex(fields=["words"], name="line_words"),  # search by words
        ]

    def __str__(self) -> str:
        return self.text
