"""The moments of a video as files: a table, chapters, and cut lists for editors (by OpenTimelineIO)."""

import csv
import io
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import quote

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from search.intervals import Interval
from webapp.pages.exports import vtt_time
from webapp.tables import plain

RATES = (24000 / 1001, 24, 25, 30000 / 1001, 30, 50, 60000 / 1001, 60)  # those that editors know
MOST_TICKS = 60000  # a second, in which each of them counts whole ones


@dataclass(frozen=True)
class Moments:
    """What was found in one video."""

    title: str
    content_type: str
    duration_s: float
    fps: float | None  # None where it was never probed
    query: str
    found: Sequence[Interval]

    @property
    def file_name(self) -> str:
        """What the person's own file is likely called: editors find media by name."""
        ending = mimetypes.guess_extension(self.content_type) or ".mp4"
        return self.title if "." in self.title[-5:] else self.title + ending

    @property
    def rate(self) -> float:
        return min(RATES, key=lambda rate: abs(rate - (self.fps or 25)))


def as_csv(moments: Moments) -> str:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(("start_s", "end_s", "duration_s", "best_s", "match", "query", "title"))
    for m in moments.found:
        seconds = (f"{value:.2f}" for value in (m.start_s, m.end_s, m.duration_s, m.best_s))
        table.writerow((*seconds, f"{m.score:.3f}", plain(moments.query), plain(moments.title)))
    return out.getvalue()


def as_chapters(moments: Moments) -> str:
    """WebVTT chapters: a cue a moment."""
    name = " ".join(moments.query.replace("-->", "to").split()).replace("&", "&amp;").replace("<", "&lt;")
    cues = [f"{vtt_time(m.start_s)} --> {vtt_time(m.end_s)}\n{name} {i}" for i, m in enumerate(moments.found, 1)]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def as_edl(moments: Moments) -> str:
    """CMX 3600, the moments one after the other; timecodes without drop frames."""
    if not moments.found:  # the adapter writes no empty track
        return f"TITLE: {_line(moments.query)}\n"
    text: str = otio.adapters.write_to_string(timeline(moments), "cmx_3600", rate=moments.rate)
    return text


def as_fcpxml(moments: Moments) -> str:
    text: str = otio.adapters.write_to_string(timeline(moments), "fcpx_xml")
    # The adapter knows television's rates by two decimals alone: of an exact one it leaves the frame's length empty.
    frame_s = Fraction(1 / moments.rate).limit_denominator(MOST_TICKS)
    return text.replace('frameDuration=""', f'frameDuration="{frame_s}s"')


def timeline(moments: Moments) -> otio.schema.Timeline:
    """The moments one after the other, each a cut of the one file."""
    made = otio.schema.Timeline(_line(moments.query))
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    made.tracks.append(track)
    media = otio.schema.ExternalReference(
        target_url=f"file:///{quote(moments.file_name)}", available_range=_range(0, moments.duration_s, moments.rate)
    )
    for i, m in enumerate(moments.found, 1):
        clip = otio.schema.Clip(f"{_line(moments.query)} {i}", media.clone(), _range(m.start_s, m.end_s, moments.rate))
        track.append(clip)
    return made


def _range(start_s: float, end_s: float, rate: float) -> TimeRange:
    """On whole frames."""
    start, end = round(start_s * rate), round(end_s * rate)
    return TimeRange(RationalTime(start, rate), RationalTime(max(end - start, 1), rate))


def _line(text: str) -> str:
    """One line that any editor reads: names in cut lists are short, and end at the line."""
    return " ".join(text.split())[:60]
