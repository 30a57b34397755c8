"""From scored windows to hits, grouped by video."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import numpy as np
import numpy.typing as npt

from indexer.models import Video
from search.lines import FoundLine, with_lines
from search.refine import Moment, Windows, heat, heat_steps, moments
from search.results import Hit, Reason, VideoHits, WordsIn
from search.retrieve import Candidate

Array = npt.NDArray[np.float32]
C = TypeVar("C", bound=Candidate)


def gather(
    rows: Mapping[UUID, Video],
    windows: Mapping[UUID, Windows],
    scores: Mapping[UUID, Array],
    base: float,
    cutoff: float,
    by_words: list[Candidate],
    by_lines: Sequence[FoundLine] = (),
) -> list[VideoHits]:
    """The videos with a window above the cut-off, or with a segment or a line that holds the words."""
    spoken, told = by_video(by_words), by_video(by_lines)
    found = []
    for video_id, video in rows.items():
        w, s = windows.get(video_id), scores.get(video_id)
        segments = spoken.get(video_id, [])
        hits: list[Hit] = []
        if w is not None and s is not None:
            hits = [_hit(w, s, m, segments) for m in moments(w, s, cutoff, base)]
        if segments and not any(hit.reason == "both" for hit in hits):
            hits.append(_words_hit(segments, w, s))
        hits = with_lines(hits, told.get(video_id, []), w, s)
        if hits:
            found.append(_video_hits(video, hits, w, s))
    return found


def by_video(candidates: Iterable[C]) -> dict[UUID, list[C]]:
    found: dict[UUID, list[C]] = {}
    for candidate in candidates:
        found.setdefault(candidate.video_id, []).append(candidate)
    return found


def nearest_videos(
    rows: Mapping[UUID, Video], windows: Mapping[UUID, Windows], scores: Mapping[UUID, Array], base: float, limit: int
) -> list[VideoHits]:
    """The best moment of each of so many videos, whatever its score, nearest first."""
    best = {video_id: float(scores[video_id][w.peak]) for video_id, w in windows.items() if video_id in rows}
    found = []
    for video_id in sorted(best, key=lambda video_id: (-best[video_id], video_id))[:limit]:
        w, s = windows[video_id], scores[video_id]
        hits = [_hit(w, s, m, []) for m in moments(w, s, float("-inf"), base, limit=1)]
        found.append(_video_hits(rows[video_id], hits, w, s))
    return found


def found_by_words_alone(video: VideoHits) -> bool:
    return all(hit.reason == "words" for hit in video.hits)


def _hit(windows: Windows, scores: Array, moment: Moment, segments: list[Candidate]) -> Hit:
    start_s, end_s = float(windows.times[moment.first, 0]), float(windows.times[moment.last, 1])
    both = next((c for c in segments if c.start_s < end_s and start_s < c.end_s), None)
    return Hit(
        start_s=start_s,
        end_s=end_s,
        best_s=float(windows.times[moment.peak].mean()),
        score=float(scores[moment.peak]),
        similarity=float(windows.similarities[moment.peak]),
        reason="both" if both else "meaning",
        words_in=words_in(both),
    )


def _words_hit(segments: list[Candidate], windows: Windows | None, scores: Array | None) -> Hit:
    """The segment that holds the words, at its window nearest to the query; its cosine did not reach the cut-off."""
    reason: Reason = "words"
    first = segments[0]
    unseen = Hit(first.start_s, first.end_s, first.start_s, 0.0, 0.0, reason, words_in(first))
    if windows is None or scores is None:
        return unseen
    middles = windows.middles
    inside = np.zeros(len(middles), dtype=bool)
    for c in segments:
        inside |= (middles >= c.start_s) & (middles <= c.end_s)
    if not inside.any():
        return unseen
    peak = int(np.where(inside, windows.similarities, -np.inf).argmax())
    segment = next(c for c in segments if c.start_s <= middles[peak] <= c.end_s)
    return Hit(
        segment.start_s,
        segment.end_s,
        float(middles[peak]),
        float(scores[peak]),
        float(windows.similarities[peak]),
        reason,
        words_in(segment),
    )


def words_in(segment: Candidate | None) -> WordsIn:
    if segment is None:
        return ""
    return "title" if segment.in_title else "caption"


def _video_hits(video: Video, hits: list[Hit], windows: Windows | None, scores: Array | None) -> VideoHits:
    duration_s = length_of(video, hits)
    line: list[float] = []
    if windows is not None and scores is not None:
        line = heat(windows, scores, duration_s, heat_steps(windows, duration_s))
    return video_hits(video, hits, line)


def video_hits(video: Video, hits: list[Hit], line: list[float]) -> VideoHits:
    """`line` is the heat line."""
    return VideoHits(
        video_id=video.pk,
        library_id=video.library_id,
        title=video.title,
        duration_s=length_of(video, hits),
        created_at=video.created_at,
        hits=hits,
        heat=line,
    )


def length_of(video: Video, hits: list[Hit]) -> float:
    return video.duration_s or max(hit.end_s for hit in hits)
