"""A row of the upload page: one bar that runs from the first byte to "ready"."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from indexer.models import LikelyCopy, Video
from indexer.selectors import trash_open_to, videos_visible_to
from search.copies_kept import copies_of
from webapp.languages.stored import in_language
from webapp.pages.words import left_s, state_of
from webapp.uploads import parts
from webapp.uploads.kinds import in_words
from webapp.uploads.models import Upload

SENT = 0.5  # share of the bar that the bytes fill; indexing fills the rest
SHOWN_FOR = timedelta(days=1)
IN_TRASH = gettext_lazy("In the library's trash, as «%(title)s»")
TWIN_IN_TRASH = gettext_lazy("This file lies in the library's trash, as «%(title)s»")
COMPARED_WITHIN = timedelta(minutes=2)  # later than that nobody waits for it
ENDED = (Upload.Status.CANCELLED, Upload.Status.EXPIRED)


@dataclass(frozen=True)
class Row:
    upload: Upload
    kind: str  # waiting, working, ready, failed, cancelled: as `State.kind`
    sentence: str
    share: float  # of the whole way
    live: bool  # will change by itself
    video: Video | None = None  # where the row leads
    can_stop: bool = False
    is_paused: bool = False  # waits for the person to choose the file again
    trashed: Video | None = None  # what can be restored instead
    looks_like: Video | None = None  # told from its stream, after it was indexed


def rows_of(user: AbstractBaseUser | AnonymousUser) -> list[Row]:
    """What a person sent lately and what is unfinished, in the order it was added: coming back shows the same rows.

    What is fetched from a source stands on the source's page.
    """
    sent = Upload.objects.filter(owner_id=user.pk, item=None)
    recent = sent.filter(touched_at__gt=timezone.now() - SHOWN_FOR)
    unfinished = sent.filter(status=Upload.Status.RECEIVING)
    found = (recent | unfinished).exclude(status__in=ENDED).select_related("library")
    return rows(user, [upload for upload in found if not upload.is_expired])


def rows(user: AbstractBaseUser | AnonymousUser, uploads: Iterable[Upload]) -> list[Row]:
    uploads = list(uploads)
    wanted = [pk for upload in uploads if (pk := upload.video_id or upload.duplicate_of_id)]
    found = [*trash_open_to(user).filter(pk__in=wanted), *videos_visible_to(user).filter(pk__in=wanted)]
    videos: dict[UUID | None, Video] = {video.pk: video for video in found}
    looks_like = copies_of(found, user)
    made = (row_of(upload, videos.get(upload.video_id or upload.duplicate_of_id)) for upload in uploads)
    return [with_copy(row, looks_like) for row in made]


def with_copy(row: Row, looks_like: dict[UUID, list[tuple[LikelyCopy, Video]]]) -> Row:
    """The row with the likeliest copy of what was sent. Until that is known it asks again for a while."""
    video = row.video
    if row.kind != "ready" or video is None or row.upload.duplicate_of_id:
        return row
    found = [other for _, other in looks_like[video.pk]]
    return replace(row, looks_like=found[0] if found else None, live=row.live or may_be_compared(video))


def may_be_compared(video: Video) -> bool:
    if video.indexed_at is None or (video.copies_sought_at and video.copies_sought_at >= video.indexed_at):
        return False
    return timezone.now() - video.indexed_at < COMPARED_WITHIN


def row_of(upload: Upload, video: Video | None) -> Row:
    match upload.status:
        case Upload.Status.RECEIVING:
            return _receiving(upload)
        case Upload.Status.RECEIVED:
            return Row(upload, "working", _("All of it is here, checking the file"), SENT, live=True)
        case Upload.Status.FINISHED:
            return _finished(upload, video)
        case Upload.Status.REFUSED:
            return Row(upload, "failed", in_language(upload.error), 0.0, live=False)
    return Row(upload, "cancelled", _("Cancelled"), 0.0, live=False)


def _receiving(upload: Upload) -> Row:
    try:
        n_bytes = parts.offset(upload.id)
    except parts.Missing:
        n_bytes = 0
    share = SENT * n_bytes / upload.size_bytes
    come = _("%(come)s of %(all)s are here") % {"come": in_words(n_bytes), "all": in_words(upload.size_bytes)}
    here = ". ".join([come if n_bytes else _("Nothing is here yet"), _("Choose the same file again to go on.")])
    return Row(upload, "waiting", here, share, live=False, can_stop=True, is_paused=True)


def _finished(upload: Upload, video: Video | None) -> Row:
    if video is None:
        return Row(upload, "cancelled", _("Deleted"), 0.0, live=False)
    if video.trashed_at is not None:
        where = TWIN_IN_TRASH if upload.duplicate_of_id else IN_TRASH
        return Row(upload, "cancelled", where % {"title": video.title}, 0.0, live=False, trashed=video)
    if upload.duplicate_of_id:
        known = _("Already in this library, as «%(title)s»")
        return Row(upload, "ready", known % {"title": video.title}, 1.0, live=False, video=video)
    state = state_of(video, left_s(video))
    done = 1.0 if state.kind == "ready" else (state.share or 0.0)
    share = 0.0 if state.kind in ("failed", "cancelled") else SENT + (1 - SENT) * done
    can_stop = state.kind in ("waiting", "working") and not video.cancel_requested
    return Row(upload, state.kind, state.sentence, share, state.live, video, can_stop)
