"""A library whose videos are listened to: ready videos, and what listens where no model is wanted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from indexer.models import Library, Track, TrackLine, Video
from indexer.tracks import engines, store, stretches, work
from model_server.frames.probe import Probe
from model_server.tracks.lines import Line
from model_server.tracks.speech import Heard
from tests.indexing import FACTS
from tests.search_world import add_video, showing, stored_space

SPOKEN_S = 4.0  # one line every so many seconds


class Counting:
    """Hears a number every four seconds, told by the sound itself: its samples are their own second."""

    name = "counting"

    def __init__(self) -> None:
        self.heard_s = 0.0

    def listen(self, sound: np.ndarray, language: str = "") -> Heard:
        self.heard_s += len(sound)
        first = int(sound[0])
        starts = [s for s in range(first, first + len(sound)) if s % SPOKEN_S == 0]
        return Heard([Line(s - first, s - first + 3, f"number {s}") for s in starts], "en")


def film(library: Library, title: str = "Film", n_windows: int = 6) -> Video:
    """Ready, indexed, and with a file that nobody decodes."""
    video = add_video(library, stored_space(), [showing("dog", seed=i) for i in range(n_windows)], title=title)
    Video.objects.filter(pk=video.pk).update(indexed_at=video.created_at)
    return video


def talk(library: Library, monkeypatch: Any, tmp_path: Path, seconds: float = 60) -> tuple[Video, Counting]:
    """A video of so many seconds whose sound is made by hand, a sample a second, and who listens to it."""
    video, listener = film(library), Counting()
    Video.objects.filter(pk=video.pk).update(duration_s=seconds)
    path = tmp_path / "storage" / video.original
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"not decoded")
    facts: Probe = replace(FACTS, duration_s=float(seconds))
    monkeypatch.setattr(work, "probe", lambda source: facts)
    monkeypatch.setattr(stretches, "SOUND_S", 20.0)
    monkeypatch.setattr(stretches, "read_sound", lambda source, start_s, end_s: np.arange(start_s, end_s))
    monkeypatch.setattr(engines, "speech", lambda: listener)
    return video, listener


def add_lines(video: Video, *lines: tuple[float, float, str], kind: str = "said") -> Track:
    track, _ = Track.objects.get_or_create(video=video, kind=kind, defaults={"status": "ready", "model": "whisper"})
    store.keep(track.pk, [Line(*line) for line in lines])
    return track


def texts(video: Video) -> list[str]:
    return list(TrackLine.objects.filter(track__video=video).order_by("start_s").values_list("text", flat=True))
