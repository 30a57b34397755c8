"""One change to many videos of a library in one call: which were changed, and why others were not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from ninja.errors import HttpError

from indexer import batch
from indexer.models import Library, Video
from indexer.tags import TagProblem, tag_names
from webapp.api.auth import WRITE
from webapp.api.batch_schemas import BatchIn, BatchOut
from webapp.api.once import once
from webapp.pages.actions import editable_library

router = Router()
ONE_CHANGE = "Send one change: tag, untag, recorded_at, shift_s, or find with put."
NO_TAG = "Write the tag."
NO_SHIFT = "shift_s: say by how many seconds, below 0 for earlier."
NO_LETTERS = "find: say which letters of the titles to replace."


@router.patch("/libraries/{uuid:library_id}/videos", response=BatchOut, auth=WRITE)
@once(BatchOut, status=200)
def videos_edit(request: HttpRequest, library_id: UUID, change: BatchIn) -> dict[str, Any]:
    """All in one transaction. With an Idempotency-Key a shift that is sent twice is made once."""
    library = editable_library(request, library_id)
    told: dict[UUID, str] = dict.fromkeys(change.videos, str(batch.GONE))
    batch.apply(library=library, video_ids=change.videos, change=_telling(_change(library, change), told))
    return {
        "changed": [key for key, reason in told.items() if not reason],
        "left": [{"video_id": key, "reason": reason} for key, reason in told.items() if reason],
    }


def _telling(change: batch.Change, told: dict[UUID, str]) -> batch.Change:
    """The same change, which also notes what it said of each video."""

    def noted(video: Video) -> str:
        told[video.pk] = change(video)
        return told[video.pk]

    return noted


def _change(library: Library, asked: BatchIn) -> batch.Change:
    sent = asked.model_fields_set & set(DEEDS)
    if len(sent) != 1 or ("put" in asked.model_fields_set and "find" not in sent):
        raise HttpError(422, ONE_CHANGE)
    return DEEDS[sent.pop()](library, asked)


def _shift(_: Library, asked: BatchIn) -> batch.Change:
    if not asked.shift_s:
        raise HttpError(422, NO_SHIFT)
    return batch.recorded_shift(timedelta(seconds=asked.shift_s))


def _titles(_: Library, asked: BatchIn) -> batch.Change:
    if not asked.find:
        raise HttpError(422, NO_LETTERS)
    return batch.titles_replace(asked.find, asked.put)


def _tag_of(text: str) -> str:
    try:
        names = tag_names([text])
    except TagProblem as problem:
        raise HttpError(422, f"tag: {problem}") from problem
    if not names:
        raise HttpError(422, NO_TAG)
    return names[0]


DEEDS: dict[str, Callable[[Library, BatchIn], batch.Change]] = {
    "tag": lambda library, asked: batch.tag_add(library, _tag_of(asked.tag)),
    "untag": lambda _, asked: batch.tag_remove(_tag_of(asked.untag)),
    "recorded_at": lambda _, asked: batch.recorded_set(asked.recorded_at),
    "shift_s": _shift,
    "find": _titles,
}
