"""What is sent and answered of a change to many videos at once."""

from typing import TypedDict


class BatchChange(TypedDict, total=False):
    """One of these; `put` goes with `find`."""

    tag: str  # add it
    untag: str  # take it away
    recorded_at: str | None  # with its time zone; None clears
    shift_s: int  # move the date recorded
    find: str  # letters of titles
    put: str  # what takes their place


class Left(TypedDict):
    video_id: str
    reason: str  # why it was left as it was, a few words for a person


class Batch(TypedDict):
    changed: list[str]
    left: list[Left]
