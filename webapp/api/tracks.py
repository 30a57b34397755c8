"""What is said and written: a video's lines, a library's switches, and subtitles of one's own."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Router
from ninja.errors import HttpError
from ninja.files import UploadedFile
from ninja.pagination import paginate

from indexer.models import Library
from indexer.selectors import libraries_visible_to, videos_visible_to
from indexer.tracks import services
from indexer.tracks.selectors import lines_visible_to
from indexer.tracks.subtitles import MOST_BYTES, SubtitlesProblem, lines_of
from model_server.tracks.extras import Kind
from webapp.api.auth import READ, WRITE
from webapp.api.listing import PAGE, Pages
from webapp.api.schemas import LineOut, SubtitlesOut, TrackSwitchIn, TrackSwitchOut
from webapp.pages.actions import editable, editable_library
from webapp.tracks.files import entry
from webapp.tracks.shown import switch_of

router = Router()


@router.get("/videos/{uuid:video_id}/lines", response=list[LineOut], auth=READ)
@paginate(Pages, page_size=PAGE)
def lines(request: HttpRequest, video_id: UUID, kind: Literal["", "said", "written"] = "") -> list[dict[str, Any]]:
    """In time order; of one kind where `kind` says which."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    return [entry(line) for line in lines_visible_to(request.user, video, kind)]


@router.post("/videos/{uuid:video_id}/subtitles", response=SubtitlesOut, auth=WRITE)
def subtitles_new(request: HttpRequest, video_id: UUID, file: File[UploadedFile]) -> dict[str, Any]:
    """A .srt or .vtt file of one's own takes the place of what was heard. Sent again, it changes nothing."""
    video = editable(request, video_id)
    try:
        found = lines_of(file.read(MOST_BYTES + 1), file.name or "", video.duration_s)
    except SubtitlesProblem as problem:
        raise HttpError(422, f"file: {problem}") from problem
    services.subtitles_import(video=video, name=file.name or "", lines=found)
    return {"n_lines": len(found)}


@router.get("/libraries/{uuid:library_id}/tracks/{kind}", response=TrackSwitchOut, auth=READ)
def track_state(request: HttpRequest, library_id: UUID, kind: Kind) -> dict[str, Any]:
    """Whether a library's videos are listened to (`said`) or read (`written`), and how far that is."""
    return _switch(get_object_or_404(libraries_visible_to(request.user), pk=library_id), kind)


@router.put("/libraries/{uuid:library_id}/tracks/{kind}", response=TrackSwitchOut, auth=WRITE)
def track_switch(request: HttpRequest, library_id: UUID, kind: Kind, asked: TrackSwitchIn) -> dict[str, Any]:
    """Off stops what is under way; what is written stays."""
    library = editable_library(request, library_id)
    services.tracks_switch(library=library, kind=kind, on=asked.on)
    return _switch(library, kind)


def _switch(library: Library, kind: Kind) -> dict[str, Any]:
    switch = switch_of(library, kind)
    progress = switch.progress
    counts = {name: getattr(progress, name) for name in ("n_videos", "n_ready", "n_waiting", "n_failed", "share")}
    return {"kind": kind, "on": switch.on, "installed": switch.installed, "state": switch.sentence, **counts}
