"""A moment cut out, to be kept or sent: `/media/<id>/clip.mp4?start=12&end=20`."""

import tempfile
import uuid
from pathlib import Path

from django import forms
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from indexer import files
from indexer.media.clip import make_clip
from indexer.models import Video
from indexer.selectors import videos_visible_to
from model_server.frames.errors import MediaError
from webapp.audit.services import Kind, record
from webapp.errors import Problem
from webapp.media.answers import private
from webapp.sharing.guests import guests_may_look

NO_FILE = "The file of this video is not there."


class PartForm(forms.Form):
    start = forms.FloatField(min_value=0, max_value=1e6)
    end = forms.FloatField(min_value=0, max_value=1e6)


@guests_may_look
@require_GET
def clip(request: HttpRequest, video_id: uuid.UUID) -> HttpResponseBase:
    """Cut while the person waits: mostly copied, in a second; from the copy for browsers where there is one."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    form = PartForm(request.GET)
    if not form.is_valid():
        raise Problem("Say which part: ?start= and &end= in seconds.")
    try:
        return clip_of(video, form.cleaned_data["start"], form.cleaned_data["end"])
    except FileNotFoundError as error:
        raise Problem(NO_FILE, status=404) from error
    except MediaError as problem:
        raise Problem(str(problem)) from problem


def clip_of(video: Video, start_s: float, end_s: float) -> HttpResponseBase:
    """The answer that holds the clip. Permission was checked by the caller. FileNotFoundError where the video's file is
    gone, MediaError where this part cannot be cut."""
    with tempfile.TemporaryDirectory(prefix=files.WORK_PREFIX) as folder:
        made = Path(folder) / "clip.mp4"
        with files.local_path(video.proxy or video.original) as source:
            make_clip(source, made, start_s, end_s)
        file = made.open("rb")  # its name goes with the folder, the open file stays until it is sent
    record(Kind.EXPORTED, f"clip {start_s:g} to {end_s:g} s of {video}")
    name = f"{slugify(video.title)[:80] or 'clip'}-{int(start_s)}s.mp4"
    answer = FileResponse(file, as_attachment=True, filename=name, content_type="video/mp4")
    return private(answer, 0)
