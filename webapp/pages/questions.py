"""Pages that ask before something is done: what happens, a button that does it, and the way back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from indexer.models import Video

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


BACK = _("Back")


@dataclass(frozen=True)
class Question:
    heading: "StrOrPromise"
    sentence: "StrOrPromise"
    button: "StrOrPromise"
    danger: bool = False
    back: "StrOrPromise" = BACK


DELETE = Question(
    _("Delete this video for good?"),
    _("The file, its pictures and its index are removed from this machine. Nobody can bring them back."),
    _("Delete for good"),
    danger=True,
)
EMPTY_TRASH = Question(
    _("Empty the trash?"),
    _("The files, pictures and indexes of all videos in the trash are removed. Nobody can bring them back."),
    _("Empty the trash"),
    danger=True,
)
CANCEL = Question(
    _("Stop indexing?"),
    _("The file stays here and can be indexed again at any time. Until then its moments are not found."),
    _("Stop indexing"),
    back=_("Back to the video"),
)
REINDEX = Question(
    _("Index this video again?"),
    _("It is read from the start. What is already indexed stays searchable until the new index replaces it."),
    _("Index it again"),
    back=_("Back to the video"),
)
ALL_DELETED = _("The files, pictures and indexes of all videos are removed. Nobody can bring them back.")
ONE_TO_TRASH = _(
    "It disappears from every list and search at once. For %(days)s the people who may change this library can restore "
    "it from the trash on its page, with index, captions and links; then it is deleted for good."
)
SOME_TO_TRASH = _(
    "They disappear from every list and search at once. For %(days)s the people who may change this library can "
    "restore them from the trash on its page, with index, captions and links; then they are deleted for good."
)


def to_trash() -> Question:
    """What the button does depends on how long this site keeps its trash."""
    if settings.TRASH_DAYS == 0:
        return DELETE
    return Question(
        _("Move this video to the trash?"), trash_sentence(1), _("Move to the trash"), back=_("Back to the video")
    )


def trash_sentence(n_videos: int) -> "StrOrPromise":
    if settings.TRASH_DAYS == 0:
        return DELETE.sentence if n_videos == 1 else ALL_DELETED
    days = ngettext("%(n)s day", "%(n)s days", settings.TRASH_DAYS) % {"n": settings.TRASH_DAYS}
    return (ONE_TO_TRASH if n_videos == 1 else SOME_TO_TRASH) % {"days": days}


def ask(
    request: HttpRequest, question: Question, back: str, *, video: Video | None = None, subject: str = ""
) -> HttpResponse:
    """About a video, or about what `subject` names."""
    context = {"question": question, "back": back, "video": video, "subject": subject}
    return render(request, "pages/confirm.html", context)
