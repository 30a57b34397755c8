"""The upload page and its rows. The bytes go to `views`; here is what a person sees."""

import json
import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from indexer.selectors import can_edit, libraries_editable_by
from indexer.services import video_cancel
from webapp.uploads.kinds import EXTENSIONS, in_words
from webapp.uploads.models import Upload
from webapp.uploads.rows import rows, rows_of
from webapp.uploads.services import upload_cancel


@never_cache
@require_GET
def upload_page(request: HttpRequest) -> HttpResponse:
    return render(request, "upload.html", upload_context(request))


def upload_context(request: HttpRequest) -> dict[str, object]:
    """What upload_form.html needs, on whichever page it stands."""
    limits = {
        "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
        "max_bytes": settings.MAX_UPLOAD_BYTES,
        "max_words": in_words(settings.MAX_UPLOAD_BYTES),
        "endings": EXTENSIONS,
    }
    return {
        "libraries": libraries_editable_by(request.user),
        "chosen": request.GET.get("library", ""),
        "rows": rows_of(request.user),
        "limits": json.dumps(limits),
        "max_words": limits["max_words"],
        "accept": ",".join(["video/*", *(f".{ending}" for ending in EXTENSIONS)]),
    }


@never_cache
@require_GET
def upload_row(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    """One row as it now stands. It asks for itself again while it may change, and stops by its state."""
    return _row(request, _own(request, upload_id))


@require_POST
def upload_stop(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Stop sending, or stop indexing, whichever it is at."""
    upload = _own(request, upload_id)
    if upload.status == Upload.Status.RECEIVING:
        upload_cancel(upload=upload)
    elif upload.video is not None and can_edit(request.user, upload.library):
        video_cancel(video=upload.video)
    return _row(request, _own(request, upload_id))


def _own(request: HttpRequest, upload_id: uuid.UUID) -> Upload:
    found = Upload.objects.select_related("library", "video").filter(pk=upload_id, owner_id=request.user.pk).first()
    if found is None:
        raise Http404
    return found


def _row(request: HttpRequest, upload: Upload) -> HttpResponse:
    return render(request, "upload_row.html", {"row": rows(request.user, [upload])[0]})
