"""A transcript as a file: WebVTT for players and editors, JSON for programs."""

from collections.abc import Iterable

from indexer.models import TrackLine, Video
from webapp.pages.exports import vtt_time

SHORTEST_S = 0.5  # a cue that is seen


def vtt(lines: Iterable[TrackLine]) -> str:
    return "\n\n".join(["WEBVTT", *(cue(line) for line in lines)]) + "\n"


def cue(line: TrackLine) -> str:
    text = line.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    end_s = max(line.end_s, line.start_s + SHORTEST_S)
    return f"{vtt_time(line.start_s)} --> {vtt_time(end_s)}\n{text}"


def as_json(video: Video, lines: Iterable[TrackLine]) -> dict[str, object]:
    return {
        "video": {"id": str(video.pk), "title": video.title, "duration_s": video.duration_s},
        "lines": [entry(line) for line in lines],
    }


def entry(line: TrackLine) -> dict[str, object]:
    return {
        "kind": line.track.kind,
        "start_s": round(line.start_s, 3),
        "end_s": round(line.end_s, 3),
        "text": line.text,
        "model": line.track.model,
        "imported": line.track.is_imported,
    }
