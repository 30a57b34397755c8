"""What goes over the wire. Times in seconds from the start of a video, scores from 0 to 1."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

from indexer import days
from indexer.words import one_line
from search.results import Reason, Verdict, WordsIn


def said(text: str) -> str:
    """One line that holds something."""
    if line := one_line(text):
        return line
    raise PydanticCustomError("blank", "Write something.")


OneLine = Annotated[str, AfterValidator(said)]

# A moment with its time zone, within the years that the pages take.
RecordedAt = Annotated[AwareDatetime, Field(ge=days.FIRST, le=days.LAST)]


class ProblemOut(Schema):
    type: str
    title: str
    status: int
    detail: str
    request_id: str


class LibraryOut(Schema):
    id: UUID
    name: str
    role: str = Field(description="owner, editor or viewer")
    n_videos: int
    index_mode: str = Field(description="how its videos are read from now on: full, or fast (keyframes only)")


class LibraryIn(Schema):
    name: OneLine = Field(max_length=120, examples=["Holidays"])
    index_mode: Literal["full", "fast"] = "full"


class LibraryEdit(Schema):
    index_mode: Literal["full", "fast"]


class LabelOut(Schema):
    id: int
    name: str
    n_segments: int = Field(description="that were given it for sure")
    duration_s: float = Field(description="of those segments")


class LabelSetOut(Schema):
    id: int
    library_id: UUID
    name: str
    labels: list[LabelOut]
    n_segments: int = Field(description="of the library")
    n_labelled: int = Field(description="those that have been looked at")


class LabelSetIn(Schema):
    name: OneLine = Field(max_length=80)
    names: list[Annotated[str, Field(max_length=120)]] = Field(min_length=1, max_length=200)


class VideoOut(Schema):
    id: UUID
    library_id: UUID
    title: str
    status: str
    stage: str = Field(description="while indexing: probe, decode, encode, predict, segment or store")
    progress: float = Field(description="share of the video's time indexed")
    error: str = Field(description="a sentence for the person; empty where all is well")
    duration_s: float | None
    width_px: int | None
    height_px: int | None
    size_bytes: int
    created_at: datetime
    indexed_at: datetime | None
    index_mode: str = Field(description="how it was read for its index: full, or fast (keyframes only)")
    recorded_at: datetime | None = Field(description="when it was shot, as far as anybody knows")
    trashed_at: datetime | None = Field(description="in the trash since")
    tags: list[str]

    @staticmethod
    def resolve_tags(video: Any) -> list[str]:
        return [tag.name for tag in video.tags.all()]


class EditIn(Schema):
    """Each may be left out."""

    title: str = Field(default="", min_length=1, max_length=300)
    recorded_at: RecordedAt | None = None
    tags: list[str] = Field(default=[], max_length=50)


class SegmentOut(Schema):
    start_s: float
    end_s: float
    caption: str | None
    agreement: float | None = Field(description="cosine of the caption, read back, with what was seen")
    unsure: bool | None


class SegmentsOut(Schema):
    model: str | None
    version: str | None
    items: list[SegmentOut]
    count: int


class CopyOut(Schema):
    id: int
    first_id: UUID = Field(description="the video that was there first")
    second_id: UUID
    share: float = Field(description="of the shorter one's windows that the other shows too")
    dismissed_at: datetime | None = Field(description="when somebody said that it is no copy")


class CaptionsOut(Schema):
    state: str = Field(description="a sentence; empty where every segment has its caption")
    under_way: bool
    share: float | None = Field(description="written, while they are")
    may_start: bool
    n_segments: int
    n_captions: int


class LineOut(Schema):
    kind: str = Field(description="said or written")
    start_s: float
    end_s: float
    text: str
    model: str = Field(description="what wrote it; a file's name where it was imported")
    imported: bool


class SubtitlesOut(Schema):
    n_lines: int


class TrackSwitchIn(Schema):
    on: bool


class TrackSwitchOut(Schema):
    kind: str
    on: bool
    installed: bool = Field(description="the optional packages are there")
    state: str = Field(description="a sentence for the person")
    n_videos: int = Field(description="that have such a track")
    n_ready: int
    n_waiting: int
    n_failed: int
    share: float = Field(description="of their time that is done")


class UploadOut(Schema):
    id: UUID
    library_id: UUID
    title: str
    status: str = Field(description="receiving, received, finished, refused, cancelled or expired")
    error: str = Field(description="a sentence for the person; empty where all is well")
    size_bytes: int
    received_bytes: int
    video_id: UUID | None = Field(description="once it is finished")
    duplicate: bool = Field(description="the library had the file already: `video_id` is that video")


class HitOut(Schema):
    start_s: float
    end_s: float
    best_s: float = Field(description="the second to play from")
    score: float
    similarity: float
    reason: Reason
    words_in: WordsIn = Field(description="where the words stand, if it was found by any")
    line: str = Field(description="what was said or written, if it was found by that")
    caption: str
    agreement: float | None
    criteria: list[Verdict] = Field(description="of the query's parts, where commas part it")
    then_s: list[float] = Field(description="the later steps, where the query says `then`")
    url: str


class VideoHitsOut(Schema):
    video_id: UUID
    library_id: UUID
    title: str
    duration_s: float
    created_at: datetime
    score: float
    hits: list[HitOut]


class ResultsOut(Schema):
    text: str
    said: str = Field(description="the query in words, where it has a minus, quotes or `then`")
    nothing_matches: bool
    videos: list[VideoHitsOut]
    nearest: list[VideoHitsOut] = Field(description="what came closest, where nothing matches")
    criteria: list[str]
    example: str = Field(description="what was shown, in words; empty where words alone were searched")
    cutoff: float
    has_more: bool
    words_only: bool = Field(description="the model was away: titles and captions alone were searched")
    notice: str
    answered_by: str = Field(description="the model and version whose space answered; empty where words alone did")
    took_ms: float


class MomentOut(Schema):
    start_s: float
    end_s: float
    best_s: float
    score: float


class MomentsOut(Schema):
    moments: list[MomentOut]
    n_moments: int
    total_s: float


class PhraseOut(Schema):
    text: str
    similarity: float


class WhyOut(Schema):
    best_s: float
    score: float
    similarity: float
    cutoff: float = Field(description="a hit begins at")
    is_hit: bool
    caption: str
    agreement: float | None = Field(description="cosine of the caption, read back, with what was seen")
    phrases: list[PhraseOut] = Field(description="captions of other pictures, the nearest first")


class SavedIn(Schema):
    name: OneLine = Field(max_length=80)
    asked: str = Field(
        max_length=2000, description="the search's parameters as in its address", examples=["q=a+dog&sort=newest"]
    )


class SavedOut(Schema):
    id: int
    name: str
    asked: str
    url: str
    created_at: datetime


class PictureOut(Schema):
    id: UUID


class AskIn(Schema):
    question: str = Field(min_length=1, max_length=300, examples=["Which colour is the car?"])
    answers: list[Annotated[str, Field(max_length=300)]] = Field(
        default=[], max_length=20, description="none: yes or no"
    )
    t: float = Field(default=0.0, ge=0)


class AnswerOut(Schema):
    text: str
    similarity: float


class AskedOut(Schema):
    start_s: float
    end_s: float
    answers: list[AnswerOut]
    margin: float
    sure: bool
    score: float | None
