"""What a search is narrowed to: each filter is a condition in SQL and the value it compares with.

The tables are named as in `search.retrieve`: `t` is an anchor or a segment, `v` its video.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from indexer.models import Video

Orientation = Literal["landscape", "portrait"]

# As `indexer.selectors.is_present` says it.
PRESENT = f"v.trashed_at IS NULL AND v.status <> '{Video.Status.DELETING.value}'"

# By the name of the filter; `{segment}` is the id of the segment.
OF_VIDEOS = {
    "date_from": "v.created_at >= %(date_from)s",
    "date_to": "v.created_at < %(date_to)s",
    "recorded_from": "v.recorded_at >= %(recorded_from)s",
    "recorded_to": "v.recorded_at < %(recorded_to)s",
    "longer_than_s": "v.duration_s > %(longer_than_s)s",
    "shorter_than_s": "v.duration_s < %(shorter_than_s)s",
    "orientation": "v.width_px <> v.height_px AND (v.width_px > v.height_px) = (%(orientation)s = 'landscape')",
    "uploader_id": "v.uploaded_by_id = %(uploader_id)s",
    "tag": (
        "EXISTS (SELECT 1 FROM indexer_video_tags m JOIN indexer_tag g ON g.id = m.tag_id "
        "WHERE m.video_id = v.id AND lower(g.name) = lower(%(tag)s))"
    ),
}
OF_SEGMENTS = {
    "label_id": (
        "EXISTS (SELECT 1 FROM indexer_segmentlabel l WHERE l.segment_id = {segment} "
        "AND l.label_id = %(label_id)s AND l.sure)"
    ),
    "captioned": (
        "EXISTS (SELECT 1 FROM indexer_segment s JOIN indexer_caption c ON c.video_id = s.video_id "
        "AND c.space_id = s.space_id AND c.start_s = s.start_s AND c.end_s = s.end_s "
        "WHERE s.id = {segment} AND c.text <> '')"
    ),
}


@dataclass(frozen=True)
class Filters:
    """None, or False, leaves all in. Dates: from included, to excluded."""

    date_from: datetime | None = None  # when the video was added
    date_to: datetime | None = None
    recorded_from: datetime | None = None  # when it was shot; a video of which nobody knows is left out
    recorded_to: datetime | None = None
    longer_than_s: float | None = None
    shorter_than_s: float | None = None
    orientation: Orientation | None = None  # a square is neither
    uploader_id: int | None = None
    tag: str | None = None  # its name in any library, capital letters or not
    label_id: int | None = None  # only segments that were given this label for sure
    captioned: bool = False  # only segments that have a caption

    @property
    def chosen(self) -> dict[str, Any]:
        """Those that leave something out, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, False)}

    @property
    def picks_segments(self) -> bool:
        """Whether they leave out segments of a video that they let in."""
        return any(name in OF_SEGMENTS for name in self.chosen)

    def conditions(self, segment: str) -> tuple[list[str], dict[str, Any]]:
        """Conditions on a row and their parameters. `segment` is where the row has the segment's id.

        >>> Filters(shorter_than_s=60).conditions("t.id")
        (['v.duration_s < %(shorter_than_s)s'], {'shorter_than_s': 60})
        """
        known = OF_VIDEOS | {name: sql.replace("{segment}", segment) for name, sql in OF_SEGMENTS.items()}
        return [known[name] for name in self.chosen], self.chosen


EVERYTHING = Filters()
