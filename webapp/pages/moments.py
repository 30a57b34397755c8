"""The moments of a video as a file to download: `/v/<id>/moments.csv?q=...&at_least=50`."""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from indexer.models import Video
from indexer.selectors import videos_visible_to
from search.intervals import Interval, intervals
from webapp.audit.services import Kind, record
from webapp.pages.forms import MomentsForm
from webapp.pages.moment_files import Moments, as_chapters, as_csv, as_edl, as_fcpxml
from webapp.pages.video import CUTOFF, heat_of
from webapp.sharing.guests import guests_may_look

FILES = {
    "csv": (as_csv, "text/csv"),
    "vtt": (as_chapters, "text/vtt"),
    "edl": (as_edl, "text/plain"),
    "fcpxml": (as_fcpxml, "application/xml"),
}


@guests_may_look
@never_cache
@require_GET
def moments_file(request: HttpRequest, video_id: UUID, ending: str) -> HttpResponse:
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    if ending not in FILES:
        raise Http404
    form = MomentsForm(request.GET)
    if not form.is_valid():
        return HttpResponseBadRequest(_("Say what to look for with ?q= and how well it shall match with &at_least=50."))
    text, at_least = form.cleaned_data["q"], form.cleaned_data["at_least"]
    steps = heat_of(video, text)
    if steps is None:
        return HttpResponse(_("The model that reads your words does not answer. Try again in a minute."), status=503)
    found = intervals(steps, CUTOFF if at_least is None else at_least / 100)
    return file_of(video, ending, text, found)


def file_of(video: Video, ending: str, text: str, found: Sequence[Interval]) -> HttpResponse:
    """The answer that holds the file. Permission was checked by the caller."""
    moments = Moments(video.title, video.content_type, video.duration_s or 0.0, video.probe.get("fps"), text, found)
    write, content_type = FILES[ending]
    record(Kind.EXPORTED, f"moments.{ending} of {video}")
    answer = HttpResponse(write(moments), content_type=f"{content_type}; charset=utf-8")
    name = slugify(f"{video.title} {text}")[:80] or "moments"
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer
