"""What is stored (design section 4). Rows are written only by `indexer.services` and the pipeline."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField

from indexer.marks import Label, LabelSet, LikelyCopy, SegmentLabel, Tag
from indexer.tracks.models import Track, TrackLine

__all__ = [
    "Anchor",
    "Caption",
    "IndexMode",
    "Label",
    "LabelSet",
    "Library",
    "LikelyCopy",
    "Membership",
    "Segment",
    "SegmentLabel",
    "Space",
    "Stream",
    "Tag",
    "Track",
    "TrackLine",
    "Video",
]


class IndexMode(models.TextChoices):
    """How a video is read for its index (`model_server.frames.reader`)."""

    FULL = "full"  # two pictures of every second
    FAST = "fast"  # keyframes alone: much sooner, and less is found


class Library(models.Model):
    """A set of videos that the same people may see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    is_sample = models.BooleanField(default=False)
    hears_speech = models.BooleanField(default=False, help_text="what is said in its videos is written down")
    reads_text = models.BooleanField(default=False, help_text="what is written in its videos is read")
    index_mode = models.CharField(
        max_length=4, choices=IndexMode.choices, default=IndexMode.FULL, help_text="how videos are read from now on"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["is_sample"], condition=Q(is_sample=True), name="one_sample_library")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Who may see (viewer), change (editor) or share (owner) a library."""

    class Role(models.TextChoices):
        OWNER = "owner"
        EDITOR = "editor"
        VIEWER = "viewer"

    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["library", "user"], name="one_role_a_person")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.library}"


class Space(models.Model):
    """One model version with its windowing and prompt, as stored; mirrors `model_server.engine.Space`."""

    class Status(models.TextChoices):
        BUILDING = "building"
        ACTIVE = "active"
        RETIRED = "retired"

    model = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    dim = models.PositiveIntegerField()
    clip_frames = models.PositiveIntegerField()
    window_s = models.FloatField()
    stride_s = models.FloatField()
    prompt = models.TextField()
    frame_px = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.BUILDING)
    chosen_as = models.TextField(blank=True, default="", help_text="SEEKFRAME_MODEL when it was last built on")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "version", "window_s", "stride_s", "prompt"], name="one_row_a_space"
            ),
            models.UniqueConstraint(fields=["status"], condition=Q(status="active"), name="one_active_space"),
        ]

    def __str__(self) -> str:
        return f"{self.model}@{self.version}"


class Video(models.Model):
    """An uploaded file and what is known of it."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded"  # waits for a worker
        INDEXING = "indexing"  # a worker holds the lease
        READY = "ready"
        FAILED = "failed"  # `error` says why, in a sentence for the person
        CANCELLED = "cancelled"
        QUARANTINED = "quarantined"  # its decode crashed twice
        DELETING = "deleting"  # hidden everywhere; the deletion job removes what is left

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="videos")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    title = models.CharField(max_length=300)
    original = models.CharField(
        max_length=200, help_text="storage key of the uploaded file; made of ids, never of a name"
    )
    content_type = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    recorded_at = models.DateTimeField(null=True, blank=True, help_text="when it was shot: from the file, or a person")
    tags = models.ManyToManyField(Tag, related_name="videos", blank=True)
    trashed_at = models.DateTimeField(
        null=True, blank=True, help_text="in the trash since: hidden everywhere, and whole until the sweeper deletes it"
    )

    # Facts from the probe.
    duration_s = models.FloatField(null=True, blank=True)
    width_px = models.PositiveIntegerField(null=True, blank=True)
    height_px = models.PositiveIntegerField(null=True, blank=True)
    probe = models.JSONField(default=dict, blank=True)

    # Indexing: the message is a doorbell, this row is the claim (design section 1).
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UPLOADED)
    stage = models.CharField(max_length=12, blank=True)
    progress = models.FloatField(default=0.0, help_text="share of the video's time indexed, 0 to 1")
    error = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True, help_text="backoff: no claim before this moment")
    rung_at = models.DateTimeField(null=True, blank=True, help_text="when its doorbell was last rung")
    cancel_requested = models.BooleanField(default=False)
    stage_timings = models.JSONField(default=dict, blank=True)
    indexed_at = models.DateTimeField(null=True, blank=True)
    index_mode = models.CharField(
        max_length=4, choices=IndexMode.choices, default=IndexMode.FULL, help_text="how it was read for its index"
    )
    copies_sought_at = models.DateTimeField(
        null=True, blank=True, help_text="when it was last compared with the rest of its library"
    )

    # Derived files for the browser; blank until the media task has made them.
    media_status = models.CharField(max_length=12, choices=Status.choices, default=Status.UPLOADED)
    media_error = models.TextField(blank=True)
    media_attempts = models.PositiveIntegerField(default=0)
    media_lease_token = models.UUIDField(null=True, blank=True)
    media_lease_until = models.DateTimeField(null=True, blank=True, help_text="while it waits: no claim before this")
    media_rung_at = models.DateTimeField(null=True, blank=True)
    proxy = models.CharField(max_length=200, blank=True, help_text="storage key; blank where the original plays")
    poster = models.CharField(max_length=200, blank=True)
    storyboard = models.JSONField(
        default=dict, blank=True, help_text="sprites, columns, rows, tile_width_px, tile_height_px, interval_s, n_tiles"
    )

    # Captions come after the index and have a claim of their own; how far they are is told by the rows themselves.
    caption_status = models.CharField(max_length=12, choices=Status.choices, default=Status.UPLOADED)
    caption_error = models.TextField(blank=True, help_text="why there are none, or not all")
    caption_attempts = models.PositiveIntegerField(default=0, help_text="since the last batch that was stored")
    caption_lease_token = models.UUIDField(null=True, blank=True)
    caption_lease_until = models.DateTimeField(null=True, blank=True, help_text="while it waits: no claim before this")
    caption_rung_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["library", "-created_at"], name="video_library_newest"),  # the library grid
            models.Index(fields=["status", "lease_until"], name="video_sweeper"),  # leases that ran out
            models.Index(
                fields=["indexed_at"],
                condition=Q(copies_sought_at__isnull=True) | Q(copies_sought_at__lt=models.F("indexed_at")),
                name="video_uncompared",
            ),  # the beat that looks for copies
            models.Index(fields=["sha256"], name="video_sha256"),  # exact duplicates
            models.Index(
                fields=["trashed_at"], condition=Q(trashed_at__isnull=False), name="video_trash"
            ),  # the sweeper
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_present(self) -> bool:
        """As `selectors.is_present` asks of many."""
        return self.trashed_at is None and self.status != self.Status.DELETING


class Stream(models.Model):
    """About ten minutes of a video's predicted embeddings in time order."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="streams")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    part = models.PositiveIntegerField(help_text="place of this row in the video, from 0")
    start_s = models.FloatField()
    end_s = models.FloatField()
    n_windows = models.PositiveIntegerField()
    times = models.BinaryField(help_text="(n, 2) float32 little-endian: start_s, end_s of each window")
    embeddings = models.BinaryField(help_text="(n, D) float16 little-endian; STORAGE EXTERNAL")
    details = models.BinaryField(
        default=b"", help_text="(n,) uint8: the coarsest detail at which a segment starts; empty in older rows"
    )

    class Meta:
        ordering = ["video", "part"]
        constraints = [models.UniqueConstraint(fields=["video", "space", "part"], name="one_stream_part")]

    def __str__(self) -> str:
        return f"{self.video_id} part {self.part}"


class Segment(models.Model):
    """A run of windows with one meaning: what is stored, captioned and found."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="segments")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="+")
    start_s = models.FloatField()
    end_s = models.FloatField()
    words = SearchVectorField(null=True, help_text="full text over title and caption")

    class Meta:
        ordering = ["video", "start_s"]
        indexes = [GinIndex(fields=["words"], name="segment_words")]  # search by words
        constraints = [models.UniqueConstraint(fields=["video", "space", "start_s"], name="one_segment_a_start")]

    def __str__(self) -> str:
        return f"{self.video_id} {self.start_s:.1f}-{self.end_s:.1f} s"


class Anchor(models.Model):
    """One embedding a segment is found by: its mean, or a window that lies far from the mean."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="anchors")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False)
    library = models.ForeignKey(Library, on_delete=models.CASCADE, related_name="+")
    start_s = models.FloatField()
    end_s = models.FloatField()
    embedding = HalfVectorField(help_text="any D: one partial expression index a space")

    def __str__(self) -> str:
        return f"{self.segment_id} at {self.start_s:.1f} s"


class Caption(models.Model):
    """A decoded caption; a finer or coarser cut reuses it."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="captions")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    start_s = models.FloatField()
    end_s = models.FloatField()
    text = models.TextField()
    agreement = models.FloatField(help_text="cosine of the caption encoded again with its segment")

    class Meta:
        ordering = ["video", "start_s"]
        constraints = [
            models.UniqueConstraint(fields=["video", "space", "start_s", "end_s"], name="one_caption_a_span")
        ]

    def __str__(self) -> str:
        return self.text
