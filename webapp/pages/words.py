"""What the pages say: times, sizes and states in plain words. Pure: a video row in, words out."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indexer.models import Video
from webapp.languages.stored import in_language

STAGES = {
    "probe": gettext_lazy("Looking at the file"),
    "decode": gettext_lazy("Decoding"),
    "encode": gettext_lazy("Encoding"),
    "predict": gettext_lazy("Encoding"),  # the predictor runs on what the x-encoder encoded: to a person it is one wait
    "segment": gettext_lazy("Cutting into segments"),
    "store": gettext_lazy("Storing"),
}
WAITS = {Video.Status.UPLOADED, Video.Status.INDEXING}
LOST = {Video.Status.FAILED, Video.Status.QUARANTINED}


@dataclass(frozen=True)
class State:
    """How a video is doing: the sentence, the share done where there is one, and whether it will change by itself."""

    kind: str  # waiting, working, ready, failed, cancelled: the css class and the icon's shape
    sentence: str
    share: float | None
    live: bool


def timecode(seconds: float | None) -> str:
    """A place in a video, cut to whole seconds: 83.9 is 1:23, 3671 is 1:01:11."""
    if seconds is None:
        return ""
    minutes, second = divmod(int(max(seconds, 0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def in_words(seconds: float) -> str:
    """A length of time as a person would say it: 9 is "a few seconds", 100 is "2 min", 7300 is "2 h"."""
    if seconds < 10:
        return _("a few seconds")
    if seconds < 55:
        return _("%(n)s s") % {"n": round(seconds / 10) * 10}
    if seconds < 59.5 * 60:
        return _("%(n)s min") % {"n": max(1, round(seconds / 60))}
    hours, minutes = divmod(round(seconds / 60), 60)
    if minutes and hours < 5:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("%(n)s h") % {"n": hours}


def percent(share: float) -> str:
    """0.426 is "43 %"; never 100 before the end, never 0 after the start."""
    if 0 < share < 1:
        share = min(max(share, 0.01), 0.99)
    return f"{share * 100:.0f} %"


def state_of(video: Video, left_s: float | None = None) -> State:
    """The video's state. `left_s` is the time left, where it is known."""
    status = video.status
    if status == Video.Status.UPLOADED:
        waits = in_language(video.error) or _("Waiting for a worker")  # the error of the last attempt
        return State("waiting", waits, None, True)
    if status == Video.Status.INDEXING:
        return _working(video, left_s)
    if status in LOST:
        return State("failed", in_language(video.error) or _("Indexing failed"), None, False)
    if status == Video.Status.CANCELLED:
        return State("cancelled", _("Cancelled"), None, False)
    if video.media_status in WAITS:
        return State("ready", _("Ready to search, preparing playback"), None, True)
    return State("ready", _("Ready"), None, False)


def _working(video: Video, left_s: float | None) -> State:
    if video.cancel_requested:
        return State("working", _("Cancelling"), video.progress, True)
    said = [str(STAGES.get(video.stage, _("Starting")))]
    if video.progress > 0:
        said.append(percent(video.progress))
    if left_s is not None and video.progress < 1:
        said.append(_("about %(time)s left") % {"time": in_words(left_s)})
    return State("working", ", ".join(said), video.progress, True)


def left_s(video: Video) -> float | None:
    """Seconds of indexing left, from the pace so far; None before there is a pace to speak of."""
    spent_s = float(video.stage_timings.get("total", 0.0))
    if video.status != Video.Status.INDEXING or video.progress < 0.05 or not spent_s:
        return None
    return spent_s * (1 - video.progress) / video.progress
