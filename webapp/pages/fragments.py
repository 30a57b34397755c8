"""Pieces of a page that change by themselves. The browser asks while something is under way, and stops by status."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from indexer.models import Video
from indexer.selectors import videos_visible_to
from webapp.pages.words import left_s, state_of
from webapp.sharing.guests import guests_may_look

MOST = 100  # cards one request may ask for


@guests_may_look
@never_cache
@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """The cards that were live when the page last asked; those that are gone are named, to be taken away.

    `ready` names those that the page knows to be ready: when another is, the page is told that there is more to search.
    """
    asked = [UUID(text) for text in request.GET.getlist("id")[:MOST] if is_uuid(text)]
    videos = list(videos_visible_to(request.user).filter(pk__in=asked).prefetch_related("tags"))
    gone = set(asked) - {video.pk for video in videos}
    answer = render(request, "fragments/cards.html", {"videos": videos, "gone": gone})
    known = set(request.GET.getlist("ready"))
    if any(video.status == Video.Status.READY and str(video.pk) not in known for video in videos):
        trigger_client_event(answer, "ready")
    return answer


@guests_may_look
@never_cache
@require_GET
def video_state(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """The state on a video's own page. When it comes to rest the page is asked for anew, with all it then has."""
    video = get_object_or_404(videos_visible_to(request.user), pk=video_id)
    if state_of(video, left_s(video)).kind != request.GET.get("was"):
        return HttpResponseClientRefresh()
    return render(request, "fragments/video_state.html", {"video": video})


@never_cache
@require_GET
def started(request: HttpRequest) -> HttpResponse:
    """Whether the empty first page has something to show by now."""
    return HttpResponseClientRefresh() if videos_visible_to(request.user).exists() else HttpResponse(status=204)


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
