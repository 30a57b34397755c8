"""What a search is asked and what it answers: the shapes that pages, the API and the command line share."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

from search.filters import EVERYTHING, Filters

Sort = Literal["best", "newest", "oldest", "place"]
Must = Literal["any", "not_no", "yes"]  # hits whatever their criteria; without a no; with a yes for each
Verdict = Literal["yes", "no", "unsure"]
WordsIn = Literal["", "title", "caption", "said", "written"]
Quote = tuple[tuple[str, bool], ...]  # a line in parts, and which of them were asked for
Reason = Literal["meaning", "words", "both"]  # what found the hit: the embedding, the full text, or the two


@dataclass(frozen=True, eq=False)
class Example:
    """What is shown instead of said. A moment is no answer to itself: its own windows are left out."""

    embedding: npt.NDArray[np.float32]  # (D,) predicted, in the active space
    said: str  # "this picture", "0:12 of Beach"
    video_id: UUID | None = None
    start_s: float = 0.0
    end_s: float = 0.0


@dataclass(frozen=True)
class SearchRequest:
    """A person's words and the filters around them.

    `library_ids` are the libraries this person may see (and has chosen): permission is checked before, not here.
    """

    text: str
    library_ids: tuple[UUID, ...]
    filters: Filters = EVERYTHING
    cutoff: float | None = None  # least score of a hit; None means the fitted default
    limit: int = 30  # videos that one page looks at closely; those of them with a hit are shown
    page: int = 0
    sort: Sort = "best"  # by score; or, among all candidates, by when a video was added or how early its first hit is
    show_nearest: bool = False  # fill `nearest` even though hits were found
    must: Must = "any"
    example: Example | None = field(default=None, compare=False)  # what is shown, with or instead of the words
    plain: bool = False  # all of the text is plain words: no minus, quotes or `then`

    @property
    def window(self) -> slice:
        """The page's share of a ranking."""
        return slice(self.page * self.limit, (self.page + 1) * self.limit)

    @property
    def looked_at(self) -> slice:
        """The share of the candidates that is scored exactly. Pages by score take theirs before it, so that no video
        is on two pages or on none; a date or a place orders what has been found, so all are
        looked at."""
        return self.window if self.sort == "best" else slice(None)


@dataclass(frozen=True)
class Hit:
    """A moment: a run of windows of one video, half-open [start_s, end_s)."""

    start_s: float
    end_s: float
    best_s: float  # the second to play from: the middle of the best window, never before start_s
    score: float  # calibrated probability that the hit is right, 0 to 1
    similarity: float  # cosine of the query with the best window
    reason: Reason
    words_in: WordsIn = ""  # where its words stand, if it was found by any
    caption: str = ""  # of the segment that best_s lies in; empty where there is none
    agreement: float | None = None  # cosine of the caption, read back, with its segment
    criteria: tuple[Verdict, ...] = ()  # whether the best window shows each of the results' criteria
    then_s: tuple[float, ...] = ()  # the middles of the later steps, where the query has some
    quote: Quote = ()  # the line that was said or written, if it was found by one

    @property
    def line(self) -> str:
        return "".join(part for part, _ in self.quote)


@dataclass(frozen=True)
class VideoHits:
    """One video's hits, best first."""

    video_id: UUID
    library_id: UUID
    title: str
    duration_s: float
    created_at: datetime
    hits: list[Hit]
    heat: list[float] = field(default_factory=list)  # score along the video in equal steps: the heat line

    @property
    def score(self) -> float:
        return self.hits[0].score if self.hits else 0.0

    @property
    def in_time(self) -> list[Hit]:
        """The hits by their place in the video."""
        return sorted(self.hits, key=lambda hit: (hit.start_s, hit.end_s))


@dataclass(frozen=True)
class Results:
    """The answer. Where nothing passes the cut-off, `videos` is empty and `nearest` holds what came closest."""

    text: str  # what was typed, normalised
    videos: list[VideoHits]
    n_moments: int
    n_videos: int
    nothing_matches: bool
    nearest: list[VideoHits]
    typical: list[str]  # captions that the libraries seem to fit: a hint where nothing matches
    took_ms: float
    cutoff: float  # the cut-off used
    words_only: bool = False  # the model was away: titles, captions and lines alone were searched
    notice: str = ""  # one sentence for the person, for example that scores are uncalibrated
    said: str = ""  # the query in words, where it has a minus, quotes or `then`
    has_more: bool = False  # there may be a next page
    criteria: tuple[str, ...] = ()  # the parts of the query, where commas part it
    answered_by: str = ""  # the model and version whose space answered; empty where words alone did
    example: str = ""  # what was shown: "this picture", "0:12 of Beach"

    @property
    def percent(self) -> int:
        """The cut-off used, in percent."""
        return round(self.cutoff * 100)

    @property
    def quoted(self) -> str:
        return _("“%(text)s”") % {"text": self.text}


@dataclass(frozen=True)
class HeatStep:
    """One step of the heat line under the scrubber."""

    start_s: float
    end_s: float
    similarity: float
    score: float
