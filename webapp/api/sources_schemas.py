"""What goes over the wire of the places that videos come from."""

from datetime import datetime
from uuid import UUID

from ninja import Field, Schema


class SourceOut(Schema):
    id: UUID
    library_id: UUID
    kind: str = Field(description="folder, bucket or address")
    place: str
    paused: bool
    state: str = Field(description="how it is, in a sentence for the person")
    error: str = Field(description="why the last look found nothing out; empty where all is well")
    added_by: str
    created_at: datetime
    looked_at: datetime | None = Field(description="when a look last came to its end")
    n_fetched: int = Field(description="files brought in, or here already")
    n_waiting: int
    n_refused: int


class SourceIn(Schema):
    place: str = Field(
        max_length=2000,
        description="a folder or bucket that may be watched, or an address",
        examples=["/srv/incoming", "s3://films/new", "https://example.org/film.mp4"],
    )


class SourceEditIn(Schema):
    paused: bool


class SourceItemOut(Schema):
    id: int
    key: str = Field(description="path below the folder, key in the bucket, or the address")
    status: str = Field(description="waiting, fetching, fetched, known, refused or cancelled")
    state: str = Field(description="how it is, in a sentence for the person")
    share: float | None = Field(description="that has come, while it is fetched")
    size_bytes: int
    may_cancel: bool
    may_retry: bool
    changed_at: datetime
    video_id: UUID | None = Field(description="once it is a video, while that is there")
