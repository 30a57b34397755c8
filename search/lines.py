"""Hits by what is said and what is written: full text over timed lines, each landing on its line's own second."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from indexer.words import CONFIG
from search.filters import PRESENT
from search.refine import Windows
from search.results import Hit, Quote, WordsIn
from search.retrieve import N_CANDIDATES, Candidate, Pool

N_LINES_A_VIDEO = 5  # one talk must not fill the list with its own lines
MARK, UNMARK = "\ue000", "\ue001"  # around the words that were found: stored lines hold no private characters


@dataclass(frozen=True)
class FoundLine(Candidate):
    """A line that holds the words."""

    kind: WordsIn = "said"
    quote: Quote = ()


def lines_by_words(pool: Pool, text: str, without: Sequence[str] = ()) -> list[FoundLine]:
    """Lines that hold every word (stop words aside), each phrase, and none of what is unwanted, best first."""
    chosen, values = pool.filters.conditions("s.id")
    said = [f"l.words @@ phraseto_tsquery('{CONFIG}', %(phrase_{i})s)" for i in range(len(pool.phrases))]
    sql = f"""
        WITH asked AS (SELECT plainto_tsquery('{CONFIG}', %(text)s) AS words),
        found AS (
            SELECT k.video_id, s.id AS segment_id, l.start_s, l.end_s, k.kind, l.text, asked.words,
                ts_rank_cd(l.words, asked.words) AS rank
            FROM indexer_trackline l JOIN indexer_track k ON k.id = l.track_id
            JOIN indexer_video v ON v.id = k.video_id CROSS JOIN asked
            JOIN LATERAL (
                SELECT id FROM indexer_segment
                WHERE video_id = v.id AND space_id = {pool.space.pk:d} AND start_s <= l.start_s
                ORDER BY start_s DESC LIMIT 1
            ) s ON true
            WHERE {" AND ".join(["v.library_id = ANY(%(libraries)s)", PRESENT, *chosen, *said])}
                AND l.words @@ asked.words
                AND NOT l.words @@ ANY(SELECT phraseto_tsquery('{CONFIG}', u) FROM unnest(%(without)s::text[]) AS u)
        ),
        placed AS (SELECT *, row_number() OVER (PARTITION BY video_id ORDER BY rank DESC, start_s) AS place FROM found)
        SELECT video_id, segment_id, start_s, end_s, kind,
            ts_headline('{CONFIG}', text, words, 'HighlightAll=true, StartSel={MARK}, StopSel={UNMARK}')
        FROM placed WHERE place <= {N_LINES_A_VIDEO} ORDER BY rank DESC, video_id, start_s LIMIT {N_CANDIDATES}
    """
    parameters: dict[str, Any] = {"libraries": list(pool.library_ids), "text": text, "without": list(without), **values}
    parameters |= {f"phrase_{i}": phrase for i, phrase in enumerate(pool.phrases)}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [
            FoundLine(video, segment, start_s, end_s, kind=kind, quote=quoted(line))
            for video, segment, start_s, end_s, kind, line in cursor.fetchall()
        ]


def quoted(headline: str) -> Quote:
    """The line in parts, and which of them were asked for.

    >>> quoted(f"the {MARK}old{UNMARK} bridge")
    (('the ', False), ('old', True), (' bridge', False))
    """
    first, *others = headline.split(MARK)
    parts = [(first, False)]
    for other in others:
        found, _, after = other.partition(UNMARK)
        parts += [(found, True), (after, False)]
    return tuple(part for part in parts if part[0])


def with_lines(
    hits: Sequence[Hit],
    lines: Sequence[FoundLine],
    windows: Windows | None,
    scores: npt.NDArray[np.float32] | None,
) -> list[Hit]:
    """The hits of one video and its lines, best first: a hit that overlaps a line quotes it and lands on its second,
    any other line is a hit of its own."""
    found = list(hits)
    for line in lines:
        place = next((i for i, h in enumerate(found) if h.start_s < line.end_s and line.start_s < h.end_s), None)
        if place is None:
            found.append(_alone(line, windows, scores))
        elif not found[place].quote:
            hit = found[place]
            reason = hit.reason if hit.reason == "words" else "both"
            best_s = max(line.start_s, hit.start_s)
            found[place] = replace(hit, reason=reason, words_in=line.kind, quote=line.quote, best_s=best_s)
    return found


def _alone(line: FoundLine, windows: Windows | None, scores: npt.NDArray[np.float32] | None) -> Hit:
    """Its score is what the pictures at that second say, where they were read."""
    score = similarity = 0.0
    if windows is not None and scores is not None:
        nearest = int(np.abs(windows.middles - line.start_s).argmin())
        if windows.times[nearest, 0] <= line.start_s < windows.times[nearest, 1]:
            score, similarity = float(scores[nearest]), float(windows.similarities[nearest])
    return Hit(
        line.start_s,
        max(line.end_s, line.start_s),
        line.start_s,
        score,
        similarity,
        "words",
        line.kind,
        quote=line.quote,
    )
