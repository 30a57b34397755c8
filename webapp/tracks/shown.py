"""Tracks in words: how far each kind is, of a video and of a library, and what a person can do about it."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indexer.models import Library, Track, TrackLine, Video
from indexer.tracks.selectors import Progress, progress_of, tracks_of
from indexer.tracks.services import is_on
from model_server.tracks.extras import INSTALL, Kind, is_installed
from webapp.languages.stored import in_language
from webapp.pages.words import percent

KINDS: tuple[Kind, Kind] = ("said", "written")
MOST_LINES = 5000  # on the page; the files have all
Status = Track.Status


@dataclass(frozen=True)
class Shown:
    """One kind of a video's lines."""

    kind: Kind
    track: Track | None
    sentence: str  # empty where the lines speak for themselves
    share: float | None  # while it is written
    live: bool
    may_stop: bool
    may_retry: bool


@dataclass(frozen=True)
class Switch:
    """One kind of a library's lines."""

    kind: Kind
    title: str
    about: str
    on: bool
    installed: bool
    install: str
    progress: Progress
    sentence: str

    @property
    def live(self) -> bool:
        return self.on and self.progress.live


@dataclass(frozen=True)
class Transcript:
    lines: list[TrackLine]
    more: bool
    kinds: list[Shown]

    @property
    def live(self) -> bool:
        return any(shown.live for shown in self.kinds)

    @property
    def has_both(self) -> bool:
        return len({line.track.kind for line in self.lines}) > 1

    @property
    def said(self) -> Track | None:
        """The track of which the player shows subtitles."""
        return next((line.track for line in self.lines if line.track.kind == Track.Kind.SAID), None)

    @property
    def imported(self) -> Track | None:
        return next((shown.track for shown in self.kinds if shown.track and shown.track.is_imported), None)


def installed(kind: Kind) -> bool:
    """Here, or where the worker runs: it has written lines."""
    written = Track.objects.filter(kind=kind, is_imported=False).exclude(model="")
    return is_installed(kind, settings.SPEECH_MODEL) or written.exists()


def transcript_of(video: Video) -> Transcript:
    found = TrackLine.objects.filter(track__video=video).select_related("track").order_by("start_s", "pk")
    lines, tracks = list(found[: MOST_LINES + 1]), tracks_of(video)
    kinds = [shown_of(video, kind, tracks.get(kind), any(line.track.kind == kind for line in lines)) for kind in KINDS]
    return Transcript(lines[:MOST_LINES], len(lines) > MOST_LINES, kinds)


def shown_of(video: Video, kind: Kind, track: Track | None, has_lines: bool) -> Shown:
    on = is_on(video.library, kind)
    if track is None:
        sentence = needs_install() if on and not installed(kind) else (not_yet(kind) if on else switched_off(kind))
        return Shown(kind, None, sentence, None, on and video.status == Video.Status.READY, False, False)
    under_way = track.status in (Status.WAITING, Status.WORKING)
    share = min(1.0, track.done_s / video.duration_s) if under_way and video.duration_s else None
    sentence = _under_way(kind, track, share) if under_way else _at_rest(kind, track, has_lines)
    may_retry = on and track.status in (Status.FAILED, Status.CANCELLED)
    return Shown(kind, track, sentence, share, under_way and on, under_way, may_retry)


def _under_way(kind: Kind, track: Track, share: float | None) -> str:
    if track.error:
        return in_language(track.error)
    if not installed(kind):
        return needs_install()
    if track.status == Status.WAITING and not track.done_s:
        return _("What is said waits for a worker") if kind == "said" else _("What is written waits for a worker")
    done = percent(share or 0.0)
    if kind == "said":
        return _("Listening, %(done)s done") % {"done": done}
    return _("Reading, %(done)s done") % {"done": done}


def _at_rest(kind: Kind, track: Track, has_lines: bool) -> str:
    if track.status == Status.FAILED:
        return in_language(track.error)
    if track.status == Status.CANCELLED:
        return _("Listening was stopped.") if kind == "said" else _("Reading was stopped.")
    if has_lines:
        return ""
    return _("Nobody was heard speaking.") if kind == "said" else _("No text was seen in the pictures.")


def needs_install() -> str:
    said = _("The extra packages are not installed: run “%(command)s” where Seekframe runs, then start it again.")
    return said % {"command": INSTALL}


def not_yet(kind: Kind) -> str:
    return _("What is said will be written down soon.") if kind == "said" else _("What is written will be read soon.")


def switched_off(kind: Kind) -> str:
    if kind == "said":
        return _("What is said in this library's videos is not written down.")
    return _("What is written in this library's videos is not read.")


def switches_of(library: Library) -> list[Switch]:
    return [switch_of(library, kind) for kind in KINDS]


def switch_of(library: Library, kind: Kind) -> Switch:
    if kind == "said":
        title = _("What is said")
        about = _("Speech becomes lines with their times, by faster-whisper.")
    else:
        title = _("What is written")
        about = _("Signs, titles and slides are read wherever the picture changes, by rapidocr.")
    on, progress = is_on(library, kind), progress_of(library, kind)
    ready = installed(kind)
    sentence = _switch_sentence(on, ready, progress)
    return Switch(kind, title, about, on, ready, INSTALL, progress, sentence)


def _switch_sentence(on: bool, ready: bool, progress: Progress) -> str:
    if not on:
        return _("Off. What was written stays and is still found.") if progress.n_videos else _("Off.")
    if not ready:
        return needs_install()
    if not progress.n_videos:
        return _("On. There is no indexed video yet.")
    done = ngettext(
        "On. %(ready)d of %(all)d video is done", "On. %(ready)d of %(all)d videos are done", progress.n_videos
    ) % {"ready": progress.n_ready, "all": progress.n_videos}
    if progress.live:
        done += _(", %(share)s of their time") % {"share": percent(progress.share)}
    return f"{done}."
