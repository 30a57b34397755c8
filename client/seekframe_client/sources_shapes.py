"""What the API answers of the places that videos come from."""

from typing import Literal, TypedDict

Status = Literal["waiting", "fetching", "fetched", "known", "refused", "cancelled"]


class Source(TypedDict):
    id: str
    library_id: str
    kind: Literal["folder", "bucket", "address"]
    place: str
    paused: bool
    state: str  # a sentence
    error: str  # why the last look found nothing out
    added_by: str
    created_at: str
    looked_at: str | None
    n_fetched: int
    n_waiting: int
    n_refused: int


class SourceItem(TypedDict):
    """A file seen there."""

    id: int
    key: str  # path below the folder, key in the bucket, or the address
    status: Status
    state: str  # a sentence
    share: float | None  # that has come, while it is fetched
    size_bytes: int
    may_cancel: bool
    may_retry: bool
    changed_at: str
    video_id: str | None
