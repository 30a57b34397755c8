"""What is said and written: a library's switches, and one video's transcript."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from indexer.models import Track
from indexer.selectors import can_edit, videos_visible_to
from indexer.tracks import services
from indexer.tracks.selectors import lines_visible_to
from indexer.tracks.subtitles import MOST_BYTES, SubtitlesProblem, lines_of
from webapp.errors import Problem, faults_of
from webapp.pages.actions import editable, editable_library
from webapp.sharing.guests import guests_may_look
from webapp.tracks.files import as_json, vtt
from webapp.tracks.shown import switches_of, transcript_of


class SwitchForm(forms.Form):
    kind = forms.ChoiceField(choices=Track.Kind.choices)
    on = forms.BooleanField(required=False)


class KindForm(forms.Form):
    kind = forms.ChoiceField(choices=Track.Kind.choices, required=False)


class SubtitlesForm(forms.Form):
    file = forms.FileField(error_messages={"required": gettext_lazy("Choose a file with subtitles.")})


# A library


@require_GET
def tracks_page(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    return render(request, "pages/tracks.html", {"library": library, "switches": switches_of(library)})


@never_cache
@require_GET
def tracks_state(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    return render(request, "fragments/switches.html", {"library": library, "switches": switches_of(library)})


@require_POST
def track_switch(request: HttpRequest, library_id: UUID) -> HttpResponse:
    library = editable_library(request, library_id)
    asked = checked(SwitchForm(request.POST))
    services.tracks_switch(library=library, kind=asked["kind"], on=asked["on"])
    return redirect("tracks", library.pk)


@require_POST
def tracks_retry(request: HttpRequest, library_id: UUID) -> HttpResponse:
    """All of one kind that failed."""
    library = editable_library(request, library_id)
    kind = checked(SwitchForm(request.POST))["kind"]
    for track in Track.objects.filter(video__library=library, kind=kind, status=Track.Status.FAILED):
        services.track_retry(track=track)
    return redirect("tracks", library.pk)


# A video


@guests_may_look
@never_cache
@require_GET
def transcript(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """The panel, asked for again while lines are being written."""
    video = get_object_or_404(videos_visible_to(request.user).select_related("library"), pk=video_id)
    context = {"video": video, "may_edit": can_edit(request.user, video.library), "transcript": transcript_of(video)}
    return render(request, "fragments/transcript.html", context)


@guests_may_look
@never_cache
@require_GET
def transcript_file(request: HttpRequest, video_id: UUID, kind_of_file: str) -> HttpResponse:
    """WebVTT or JSON, of one kind where `kind` says which."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    kind = checked(KindForm(request.GET))["kind"]
    lines = lines_visible_to(request.user, video, kind)
    answer: HttpResponse
    if kind_of_file == "vtt":
        answer = HttpResponse(vtt(lines), content_type="text/vtt; charset=utf-8")
    else:
        answer = JsonResponse(as_json(video, lines), json_dumps_params={"ensure_ascii": False})
    name = slugify(video.title)[:80] or "video"
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind or "transcript"}.{kind_of_file}"'
    return answer


@require_POST
def track_stop(request: HttpRequest, video_id: UUID) -> HttpResponse:
    track = _track(request, video_id)
    if not services.track_stop(track=track):
        messages.info(request, _("There was nothing to stop."))
    return redirect("video", video_id)


@require_POST
def track_retry(request: HttpRequest, video_id: UUID) -> HttpResponse:
    track = _track(request, video_id)
    if not services.track_retry(track=track):
        messages.info(request, _("It is under way already."))
    return redirect("video", video_id)


@require_POST
def subtitles_new(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """A file of one's own takes the place of what was heard."""
    video = editable(request, video_id)
    file = checked(SubtitlesForm(request.POST, request.FILES))["file"]
    try:
        lines = lines_of(file.read(MOST_BYTES + 1), file.name, video.duration_s)
    except SubtitlesProblem as problem:
        raise Problem(str(problem)) from problem
    services.subtitles_import(video=video, name=file.name, lines=lines)
    said = _("The subtitles are read: %(n)d lines, found by search from now on.")
    messages.success(request, said % {"n": len(lines)})
    return redirect("video", video.pk)


@require_POST
def subtitles_remove(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = editable(request, video_id)
    if services.subtitles_remove(video=video):
        messages.success(request, _("The subtitles are removed."))
    return redirect("video", video.pk)


def _track(request: HttpRequest, video_id: UUID) -> Track:
    video = editable(request, video_id)
    return get_object_or_404(Track, video=video, kind=checked(SwitchForm(request.POST))["kind"])


def checked(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise Problem(faults_of(form))
    return form.cleaned_data
