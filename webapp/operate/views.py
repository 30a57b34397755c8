"""The operator's page: what runs, what waits, what failed. Every number is asked for when the page is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from indexer import timings
from indexer.failures import failed_videos, failures_of, that_may_pass
from indexer.selectors import videos_present, videos_visible_to
from webapp.operate import queues, services
from webapp.operate.access import staff_only
from webapp.operate.model_state import model_state
from webapp.operate.spaces import spaces
from webapp.operate.storage import storage
from webapp.operate.workers import claims_without_worker, workers

SHOWN = 50  # failed videos


@never_cache
@require_GET
@staff_only
def operate_page(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/operate.html", state(request))


@never_cache
@require_GET
@staff_only
def operate_state(request: HttpRequest) -> HttpResponse:
    return render(request, "fragments/operate.html", state(request))


@require_POST
@staff_only
def operate_retry(request: HttpRequest, video_id: UUID) -> HttpResponse:
    video = get_object_or_404(videos_present().select_related("library"), pk=video_id)
    if services.video_retry(video=video):
        messages.success(request, _("%(title)s is tried again.") % {"title": video.title})
    else:
        messages.info(
            request, _("%(title)s is already under way, or nothing of it has failed.") % {"title": video.title}
        )
    return redirect("operate")


@require_POST
@staff_only
def operate_retry_all(request: HttpRequest) -> HttpResponse:
    n_videos = services.retry_all()
    said = ngettext("%(n)s video taken up again.", "%(n)s videos taken up again.", n_videos)
    messages.success(request, said % {"n": n_videos})
    return redirect("operate")


def state(request: HttpRequest) -> dict[str, Any]:
    messages_by_queue = queues.messages()
    alive = None if messages_by_queue is None else workers()  # without a broker nobody can be asked
    n_timed, stages = timings.medians()
    failed = failed_videos().select_related("library")
    shown = list(failed[:SHOWN])
    return {
        "work": queues.work(),
        "oldest_waiting": queues.oldest_waiting(),
        "messages_by_queue": messages_by_queue,
        "workers": alive,
        "claims": claims_without_worker(alive),
        "model": model_state(),
        "storage": storage(),
        "n_timed": n_timed,
        "stages": stages,
        "failures": failures_of(shown),
        "n_failed": failed.count(),
        "n_shown": len(shown),
        "n_may_pass": that_may_pass().count(),
        "openable": set(
            videos_visible_to(request.user).filter(pk__in=[v.pk for v in shown]).values_list("pk", flat=True)
        ),
        "spaces": spaces(),
    }
