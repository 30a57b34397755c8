"""Pages that ask before something is done: what happens, a button that does it, and the way back."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from indexer.models import Video


@dataclass(frozen=True)
class Question:
    heading: str
    sentence: str
    button: str
    danger: bool = False
    back: str = "Back"


DELETE = Question(
    "Delete this video for good?",
    "The file, its pictures and its index are removed from this machine. Nobody can bring them back.",
    "Delete for good",
    danger=True,
)
EMPTY_TRASH = Question(
    "Empty the trash?",
    "The files, pictures and indexes of all videos in the trash are removed. Nobody can bring them back.",
    "Empty the trash",
    danger=True,
)
CANCEL = Question(
    "Stop indexing?",
    "The file stays here and can be indexed again at any time. Until then its moments are not found.",
    "Stop indexing",
    back="Back to the video",
)
REINDEX = Question(
    "Index this video again?",
    "It is read from the start. What is already indexed stays searchable until the new index replaces it.",
    "Index it again",
    back="Back to the video",
)


def to_trash() -> Question:
    """What the button does depends on how long this site keeps its trash."""
    if settings.TRASH_DAYS == 0:
        return DELETE
    return Question("Move this video to the trash?", trash_sentence(1), "Move to the trash", back="Back to the video")


def trash_sentence(n_videos: int) -> str:
    if settings.TRASH_DAYS == 0:
        return DELETE.sentence if n_videos == 1 else EMPTY_TRASH.sentence.replace(" in the trash", "")
    days = f"{settings.TRASH_DAYS} day{'s' * (settings.TRASH_DAYS != 1)}"
    it, is_gone = ("it", "it is") if n_videos == 1 else ("they", "they are")
    return (
        f"{it.capitalize()} disappear{'s' * (n_videos == 1)} from every list and search at once. For {days} the people "
        f"who may change this library can restore {'it' if n_videos == 1 else 'them'} from the trash on its page, with "
        f"index, captions and links; then {is_gone} deleted for good."
    )


def ask(
    request: HttpRequest, question: Question, back: str, *, video: Video | None = None, subject: str = ""
) -> HttpResponse:
    """About a video, or about what `subject` names."""
    context = {"question": question, "back": back, "video": video, "subject": subject}
    return render(request, "pages/confirm.html", context)
