"""What the API answers, in its own words. Times in seconds from the start of a video, scores from 0 to 1."""

from typing import Literal, TypedDict

Sort = Literal["best", "newest", "oldest", "place"]
Ending = Literal["csv", "vtt", "edl", "fcpxml"]
Must = Literal["any", "not_no", "yes"]
Verdict = Literal["yes", "no", "unsure"]


class Library(TypedDict):
    id: str
    name: str
    role: str  # owner, editor or viewer
    n_videos: int
    index_mode: str  # full or fast: how its videos are read from now on


class Label(TypedDict):
    id: int
    name: str
    n_segments: int  # that were given it for sure
    duration_s: float


class LabelSet(TypedDict):
    id: int
    library_id: str
    name: str
    labels: list[Label]
    n_segments: int
    n_labelled: int


class Video(TypedDict):
    id: str
    library_id: str
    title: str
    status: str  # uploaded, indexing, ready, failed, cancelled or quarantined
    stage: str
    progress: float
    error: str
    duration_s: float | None
    width_px: int | None
    height_px: int | None
    size_bytes: int
    created_at: str
    indexed_at: str | None
    index_mode: str  # full or fast: how it was read for its index
    recorded_at: str | None  # when it was shot, as far as anybody knows
    trashed_at: str | None  # in the trash since
    tags: list[str]


class Copy(TypedDict):
    """Two videos that look like copies of each other."""

    id: int
    first_id: str  # the video that was there first
    second_id: str
    share: float  # of the shorter one's windows that the other shows too
    dismissed_at: str | None  # when somebody said that it is none


class Upload(TypedDict):
    id: str
    library_id: str
    title: str
    status: str  # receiving, received, finished, refused, cancelled or expired
    error: str
    size_bytes: int
    received_bytes: int
    video_id: str | None
    duplicate: bool


class Segment(TypedDict):
    start_s: float
    end_s: float
    caption: str | None
    agreement: float | None
    unsure: bool | None


class Moment(TypedDict):
    start_s: float
    end_s: float
    best_s: float
    score: float


class Moments(TypedDict):
    """A query along one video: when, how often and how long."""

    moments: list[Moment]
    n_moments: int
    total_s: float


class Phrase(TypedDict):
    """A caption of some other picture, and how near it comes."""

    text: str
    similarity: float


class Why(TypedDict):
    best_s: float
    score: float
    similarity: float
    cutoff: float  # a hit begins at
    is_hit: bool
    caption: str
    agreement: float | None
    phrases: list[Phrase]


class Captions(TypedDict):
    state: str  # a sentence; empty where every segment has its caption
    under_way: bool
    share: float | None
    may_start: bool
    n_segments: int
    n_captions: int


class Line(TypedDict):
    kind: str  # said or written
    start_s: float
    end_s: float
    text: str
    model: str
    imported: bool


class Subtitles(TypedDict):
    n_lines: int


class TrackSwitch(TypedDict):
    kind: str
    on: bool
    installed: bool  # the optional packages are there
    state: str
    n_videos: int
    n_ready: int
    n_waiting: int
    n_failed: int
    share: float


class Hit(TypedDict):
    start_s: float
    end_s: float
    best_s: float  # the second to play from
    score: float
    similarity: float
    reason: Literal["meaning", "words", "both"]
    words_in: Literal["", "title", "caption", "said", "written"]
    line: str  # what was said or written, if it was found by that
    caption: str
    agreement: float | None
    criteria: list[Verdict]
    then_s: list[float]
    url: str


class VideoHits(TypedDict):
    video_id: str
    library_id: str
    title: str
    duration_s: float
    created_at: str
    score: float
    hits: list[Hit]


class Results(TypedDict):
    text: str
    said: str
    nothing_matches: bool
    videos: list[VideoHits]
    nearest: list[VideoHits]  # what came closest, where nothing matches
    criteria: list[str]
    example: str
    cutoff: float
    has_more: bool
    words_only: bool
    notice: str
    answered_by: str
    took_ms: float


class Saved(TypedDict):
    id: int
    name: str
    asked: str
    url: str
    created_at: str


class Picture(TypedDict):
    id: str


class Answer(TypedDict):
    text: str
    similarity: float


class Asked(TypedDict):
    start_s: float
    end_s: float
    answers: list[Answer]
    margin: float
    sure: bool
    score: float | None


class Edit(TypedDict, total=False):
    """What of a video shall change; what is not named stays."""

    title: str
    recorded_at: str | None  # with its time zone; None clears
    tags: list[str]


class Filters(TypedDict, total=False):
    """Of a search, beside its words."""

    like: str  # a picture's id, or a moment: VIDEO@12.5
    library: str
    since: str
    until: str
    recorded_since: str
    recorded_until: str
    tag: str
    label: int
    longer: str  # "90 s", "2 min", "1:30"
    shorter: str
    orientation: Literal["landscape", "portrait"]
    uploader: str  # a person's name
    captioned: Literal["yes"]  # only moments with a caption
    at_least: int  # percent
    sort: Sort
    must: Must
    page: int
