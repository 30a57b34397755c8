"""Videos."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError
from ninja.pagination import paginate

from indexer import services
from indexer.models import Space, Video
from indexer.selectors import trash_open_to, videos_visible_to
from indexer.tags import TagProblem, tag_names
from search.ask import Asked, ask
from webapp.api.auth import READ, WRITE
from webapp.api.listing import PAGE, PageNumber, Pages
from webapp.api.schemas import AskedOut, AskIn, EditIn, SegmentsOut, VideoOut
from webapp.model import engine
from webapp.pages.actions import editable
from webapp.pages.exports import as_json, rows_of

router = Router()
SEGMENTS = 500  # a page


@router.get("/videos", response=list[VideoOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def videos(
    request: HttpRequest, library: UUID | None = None, status: Video.Status | None = None, trashed: bool = False
) -> QuerySet[Video]:
    """The newest first. With `trashed` those in the trash, for who may restore them."""
    found = trash_open_to(request.user) if trashed else videos_visible_to(request.user)
    if library is not None:
        found = found.filter(library_id=library)
    if status is not None:
        found = found.filter(status=status)
    return found.prefetch_related("tags").order_by("-created_at", "-id")


@router.get("/videos/{uuid:video_id}", response=VideoOut, auth=READ)
def video(request: HttpRequest, video_id: UUID) -> Video:
    return get_object_or_404(videos_visible_to(request.user), pk=video_id)


@router.patch("/videos/{uuid:video_id}", response=VideoOut, auth=WRITE)
def video_edit(request: HttpRequest, video_id: UUID, change: EditIn) -> Video:
    """What is not sent stays as it is; a `recorded_at` of null and an empty list of tags clear."""
    found = editable(request, video_id)
    sent = change.model_fields_set
    try:
        tags = tag_names(change.tags if "tags" in sent else [tag.name for tag in found.tags.all()])
    except TagProblem as problem:
        raise HttpError(422, f"tags: {problem}") from problem
    services.video_edit(
        video=found,
        title=change.title if "title" in sent else found.title,
        recorded_at=change.recorded_at if "recorded_at" in sent else found.recorded_at,
        tags=tags,
    )
    found.refresh_from_db()
    return found


@router.delete("/videos/{uuid:video_id}", response={204: None}, auth=WRITE)
def video_delete(request: HttpRequest, video_id: UUID, for_good: bool = False) -> Status[None]:
    """Into the trash: gone from every answer at once, and restorable. With `for_good`, also from the trash, nobody can
    bring it back; a worker removes its files."""
    if not for_good:
        services.video_trash(video=editable(request, video_id))
        return Status(204, None)
    trashed = trash_open_to(request.user).filter(pk=video_id).first()
    services.video_delete(video=trashed or editable(request, video_id))
    return Status(204, None)


@router.post("/videos/{uuid:video_id}/restore", response=VideoOut, auth=WRITE)
def video_restore(request: HttpRequest, video_id: UUID) -> Video:
    """Back from the trash. 404 where it is not there, or not yours to restore."""
    found = get_object_or_404(trash_open_to(request.user), pk=video_id)
    services.video_restore(video=found)
    found.refresh_from_db()
    return found


@router.post("/videos/{uuid:video_id}/reindex", response={202: VideoOut}, auth=WRITE)
def video_reindex(request: HttpRequest, video_id: UUID) -> Status[Video]:
    found = editable(request, video_id)
    if not services.video_reindex(video=found):
        raise HttpError(409, "Indexing is already under way.")
    found.refresh_from_db()
    return Status(202, found)


@router.post("/videos/{uuid:video_id}/cancel", response={202: VideoOut}, auth=WRITE)
def video_cancel(request: HttpRequest, video_id: UUID) -> Status[Video]:
    found = editable(request, video_id)
    if not services.video_cancel(video=found):
        raise HttpError(409, "There is nothing to stop: indexing has already ended.")
    found.refresh_from_db()
    return Status(202, found)


@router.get("/videos/{uuid:video_id}/segments", response=SegmentsOut, auth=READ)
def segments(request: HttpRequest, video_id: UUID, page: PageNumber = 1) -> dict[str, Any]:
    """Of the space that search uses, in time order, 500 a page."""
    found = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    rows, first = rows_of(found), (page - 1) * SEGMENTS
    said: dict[str, Any] = as_json(found, rows)
    space = said["space"] or {"model": None, "version": None}
    return {**space, "items": said["segments"][first : first + SEGMENTS], "count": len(rows)}


@router.post("/videos/{uuid:video_id}/ask", response=AskedOut, auth=READ)
def video_ask(request: HttpRequest, video_id: UUID, asked: AskIn) -> Asked:
    """A question about the segment at `t`. Nothing is stored, so a key that may read may ask."""
    found = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    space = get_object_or_404(Space, status=Space.Status.ACTIVE)
    answers = list(dict.fromkeys(answer.strip() for answer in asked.answers if answer.strip()))
    if len(answers) == 1:
        raise HttpError(422, "One answer leaves nothing to choose: give two or more, or none for yes or no.")
    answer = ask(found, space, asked.t, asked.question, answers, engine())
    if answer is None:
        raise HttpError(409, "This video is not indexed yet: ask again when it is.")
    return answer
