"""The caption of the segment that each hit lies in: one query for everything a page shows."""

from dataclasses import replace
from typing import Any

from django.db import connection

from indexer.models import Space
from search.results import Hit, Results, VideoHits


def with_captions(results: Results, space: Space) -> Results:
    """The same results; hits whose segment has a caption carry it."""
    found = [*results.videos, *results.nearest]
    hits = [(video, hit) for video in found for hit in video.hits]
    said = _captions(space, hits)
    captioned = iter(
        [
            replace(hit, caption=text, agreement=agreement)
            for (_, hit), (text, agreement) in zip(hits, said, strict=True)
        ]
    )
    videos = [replace(video, hits=[next(captioned) for _ in video.hits]) for video in found]
    n = len(results.videos)
    return replace(results, videos=videos[:n], nearest=videos[n:])


def _captions(space: Space, hits: list[tuple[VideoHits, Hit]]) -> list[tuple[str, float | None]]:
    """Text and agreement for each hit, empty where there is none. The segment is the last to start before `best_s`."""
    sql = f"""
        SELECT coalesce(c.text, ''), c.agreement
        FROM unnest(%(videos)s::uuid[], %(seconds)s::float8[]) WITH ORDINALITY AS asked(video_id, at_s, place)
        LEFT JOIN LATERAL (
            SELECT start_s, end_s FROM indexer_segment s
            WHERE s.video_id = asked.video_id AND s.space_id = {space.pk:d} AND s.start_s <= asked.at_s
            ORDER BY s.start_s DESC LIMIT 1
        ) s ON true
        LEFT JOIN indexer_caption c ON c.video_id = asked.video_id AND c.space_id = {space.pk:d}
            AND c.start_s = s.start_s AND c.end_s = s.end_s
        ORDER BY asked.place
    """
    asked: dict[str, list[Any]] = {
        "videos": [video.video_id for video, _ in hits],
        "seconds": [hit.best_s for _, hit in hits],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return [(text, agreement) for text, agreement in cursor.fetchall()]
