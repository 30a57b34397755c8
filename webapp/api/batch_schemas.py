"""What goes over the wire of a change to many videos at once."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from webapp.api.schemas import RecordedAt

MOST = 1000  # videos of one call: their rows are held until all is done
MOST_SHIFT_S = 86_400_000_000  # as many days as the page takes


class BatchIn(Schema):
    """The videos, and one change: `tag`, `untag`, `recorded_at`, `shift_s`, or `find` with `put`."""

    videos: list[UUID] = Field(min_length=1, max_length=MOST)
    tag: str = Field(default="", max_length=60, description="add it")
    untag: str = Field(default="", max_length=60, description="take it away")
    recorded_at: RecordedAt | None = Field(default=None, description="null: no date")
    shift_s: Annotated[int, Field(ge=-MOST_SHIFT_S, le=MOST_SHIFT_S)] = Field(
        default=0, description="move the date recorded, as for a camera whose clock went wrong"
    )
    find: str = Field(default="", max_length=300, description="letters of titles")
    put: str = Field(default="", max_length=300, description="what takes their place")


class LeftOut(Schema):
    video_id: UUID
    reason: str = Field(description="why it was left as it was, for the person")


class BatchOut(Schema):
    changed: list[UUID]
    left: list[LeftOut]
