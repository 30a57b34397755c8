"""Videos brought: whole in one request here, large ones in pieces by the tus endpoint."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Form
from ninja.decorators import decorate_view
from ninja.files import UploadedFile

from indexer.models import Video
from indexer.selectors import videos_visible_to
from webapp.api.auth import READ, WRITE
from webapp.api.once import once
from webapp.api.problems import Refusal
from webapp.api.schemas import UploadOut, VideoOut
from webapp.api.videos import router
from webapp.pages.actions import editable_library
from webapp.uploads import parts
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload
from webapp.uploads.whole import PartFile, into_parts, upload_take

__all__ = ["router"]
ALREADY_HERE = "This library has the same file already, as «{title}». Send allow_duplicate=true to keep both."


@router.post("/videos", response={201: VideoOut}, auth=WRITE)
@decorate_view(into_parts)
@once(VideoOut)
def video_new(
    request: HttpRequest,
    file: File[UploadedFile],
    library: Form[UUID],
    title: Form[str] = "",
    allow_duplicate: Form[bool] = False,
) -> Video:
    """A file, to be indexed. 409 with `video_id` where the library has the same file already."""
    assert request.user.is_authenticated
    assert isinstance(file, PartFile)
    place = editable_library(request, library)
    upload = upload_take(owner=request.user, library=place, file=file, title=title, allow_duplicate=allow_duplicate)
    upload_finish(upload_id=upload.pk)
    upload.refresh_from_db()
    if upload.duplicate_of is not None:
        detail = ALREADY_HERE.format(title=upload.duplicate_of.title)
        raise Refusal(409, detail, video_id=str(upload.duplicate_of.pk))
    if upload.video is None:
        raise Refusal(422, upload.error)
    return upload.video


@router.get("/uploads/{uuid:upload_id}", response=UploadOut, auth=READ)
def upload(request: HttpRequest, upload_id: UUID) -> dict[str, object]:
    """What became of a file that was sent by tus. Its id is the video's, unless the library had the file already."""
    found = get_object_or_404(Upload, pk=upload_id, owner_id=request.user.pk)
    made = found.video_id or found.duplicate_of_id
    seen = made is not None and videos_visible_to(request.user).filter(pk=made).exists()
    facts = {name: getattr(found, name) for name in ("id", "library_id", "title", "status", "error", "size_bytes")}
    here = {"received_bytes": _received_bytes(found), "duplicate": found.duplicate_of_id is not None}
    return {**facts, **here, "video_id": made if seen else None}


def _received_bytes(upload: Upload) -> int:
    try:
        return parts.offset(upload.id)
    except parts.Missing:
        return upload.size_bytes if upload.status in (Upload.Status.RECEIVED, Upload.Status.FINISHED) else 0
