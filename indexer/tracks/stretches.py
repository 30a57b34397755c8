"""One stretch of a video, heard or read: its lines, and from where the next stretch goes on."""

from dataclasses import dataclass, field
from pathlib import Path

from indexer.models import Track, TrackLine
from indexer.tracks import engines
from model_server.frames.changes import read_changes
from model_server.frames.listen import read_sound
from model_server.frames.probe import Probe
from model_server.frames.stills import fit
from model_server.tracks.lines import Line, Reading, settled, written_lines
from model_server.tracks.writing import LONGEST_PX

SOUND_S = 120.0  # of a stretch: what is lost when a worker is, and how often progress shows
PICTURES_S = 60.0
GLANCE_S = 2.0  # between the moments that are looked at
SAME_S = 0.01  # lines that end where the next stretch begins may go on in it


@dataclass(frozen=True)
class Stretch:
    lines: list[Line]
    done_s: float
    model: str
    language: str = ""
    instead_of: list[int] = field(default_factory=list)  # ids of lines that these take the place of


def next_stretch(track: Track, source: Path, facts: Probe) -> Stretch:
    """MediaError where the file cannot be read, NotInstalled where the library is missing."""
    return _heard(track, source, facts) if track.kind == Track.Kind.SAID else _read(track, source, facts)


def _heard(track: Track, source: Path, facts: Probe) -> Stretch:
    listener = engines.speech()
    start_s, end_s = track.done_s, min(track.done_s + SOUND_S, facts.duration_s)
    sound = read_sound(source, start_s, end_s)
    if sound is None:
        return Stretch([], facts.duration_s, listener.name)
    if not len(sound):  # the pictures go on longer than the sound
        return Stretch([], end_s, listener.name, track.language)
    heard = listener.listen(sound, track.language)
    lines = [Line(start_s + line.start_s, min(start_s + line.end_s, end_s), line.text) for line in heard.lines]
    kept, done_s = settled(lines, start_s, end_s, is_last=end_s >= facts.duration_s)
    return Stretch(kept, done_s, listener.name, track.language or heard.language)


def _read(track: Track, source: Path, facts: Probe) -> Stretch:
    reader = engines.writing()
    start_s, end_s = track.done_s, min(track.done_s + PICTURES_S, facts.duration_s)
    size = fit(facts, LONGEST_PX, LONGEST_PX)
    shown = read_changes(source, start_s, end_s, GLANCE_S, size)
    readings = [Reading(max(start_s, s.time_s), reader.read(s.picture)) for s in shown]
    open_lines = list(TrackLine.objects.filter(track=track, end_s__gte=start_s - SAME_S).order_by("start_s", "pk"))
    before = [Line(line.start_s, line.end_s, line.text) for line in open_lines]
    lines = written_lines(before, readings, end_s)
    return Stretch(lines, end_s, reader.name, instead_of=[line.pk for line in open_lines])
