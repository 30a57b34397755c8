"""The tus endpoint: each verb reads its headers, calls one service and answers.

Django's CSRF check is made in `callers`: a browser's requests need their token, a program's key needs none.
"""

import functools
import uuid
from collections.abc import Callable, Iterator
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from indexer.models import Library
from indexer.selectors import can_edit, libraries_visible_to
from webapp import errors
from webapp.errors import Problem
from webapp.uploads import parts, tus
from webapp.uploads.callers import check_caller
from webapp.uploads.models import Upload
from webapp.uploads.services import gone, upload_cancel, upload_create, upload_receive, upload_touch

READ_BYTES = 2**18
STALLED_S = 30.0  # without a byte: the connection is dead, and its thread and lock are wanted
COMPLETE = (Upload.Status.RECEIVED, Upload.Status.FINISHED)
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def tus_view(view: View[P]) -> View[P]:
    """What every tus answer has in common: the version, never cached, and problems as JSON."""

    @functools.wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            response = _refused(request) or view(request, *args, **kwargs)
        except Problem as problem:
            _drain(request)
            response = errors.respond(request, problem)
        response["Tus-Resumable"] = tus.VERSION
        response["Cache-Control"] = "no-store"
        return response

    # A stranger gets a 401 that a program can read, not the sign-in page.
    return login_not_required(csrf_exempt(answer))


def _refused(request: HttpRequest) -> HttpResponse | None:
    if request.method == "OPTIONS":
        return None
    tus.check_version(request)
    return check_caller(request)


@tus_view
def collection(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=tus.discovery())
    if request.method != "POST":
        raise _not_allowed("OPTIONS, POST")
    return _create(request)


@tus_view
def item(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=tus.discovery())
    upload = _own_upload(request, upload_id)
    # Some networks let only GET and POST through, so the protocol lets a POST name the verb it stands for.
    verb = request.headers.get("X-HTTP-Method-Override", "") if request.method == "POST" else request.method
    match verb:
        case "HEAD":
            return _head(upload)
        case "PATCH":
            return _patch(request, upload)
        case "DELETE":
            upload_cancel(upload=upload)
            return HttpResponse(status=204)
    raise _not_allowed("OPTIONS, HEAD, PATCH, DELETE")


def _create(request: HttpRequest) -> HttpResponse:
    if request.headers.get("Upload-Concat") or request.headers.get("Upload-Defer-Length"):
        raise Problem("This server takes whole files of a length that is known: send Upload-Length alone.")
    size_bytes = tus.number(request, "Upload-Length")
    facts = tus.metadata(request)
    with_bytes = request.content_type == tus.BODY_TYPE
    length = tus.body_length(request) if with_bytes else 0  # checked before anything is made
    upload = upload_create(
        owner=request.user,  # type: ignore[arg-type]  # signed in: tus_view looked
        library=_library(request, facts.get("library", "")),
        file_name=facts.get("filename") or facts.get("name", ""),
        size_bytes=size_bytes,
        title=facts.get("title", ""),
        allow_duplicate=facts.get("allow_duplicate") == "true",
        metadata=request.headers.get("Upload-Metadata", ""),
    )
    response = HttpResponse(status=201, headers={"Location": f"/uploads/{upload.id}"})
    if with_bytes:
        response["Upload-Offset"] = str(_receive(request, upload, start=0, length=length))
    response["Upload-Expires"] = tus.expires(upload.expires_at)
    return response


def _head(upload: Upload) -> HttpResponse:
    offset = upload.size_bytes if upload.status in COMPLETE else _offset(upload)
    if offset == upload.size_bytes:
        upload_touch(upload=upload, offset=offset)  # its last request may have been killed after the last byte
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size_bytes)}
    if upload.metadata:
        headers["Upload-Metadata"] = upload.metadata
    if upload.status == Upload.Status.RECEIVING:
        headers["Upload-Expires"] = tus.expires(upload.expires_at)
    return HttpResponse(status=200, headers=headers)


def _patch(request: HttpRequest, upload: Upload) -> HttpResponse:
    tus.check_body_type(request)
    start, length = tus.number(request, "Upload-Offset"), tus.body_length(request)
    if not can_edit(request.user, upload.library):
        raise Problem("You may no longer add videos to this library.", status=403)
    if upload.status in COMPLETE and (start, length) == (upload.size_bytes, 0):
        return HttpResponse(status=204, headers={"Upload-Offset": str(start)})
    if upload.status in COMPLETE:
        raise Problem("This upload has all its bytes.", status=409)
    offset = _receive(request, upload, start=start, length=length)
    headers = {"Upload-Offset": str(offset), "Upload-Expires": tus.expires(upload.expires_at)}
    return HttpResponse(status=204, headers=headers)


def _receive(request: HttpRequest, upload: Upload, *, start: int, length: int) -> int:
    return upload_receive(
        upload=upload, start=start, length=length, pieces=_pieces(request, length), checksum=tus.checksum(request)
    )


def _pieces(request: HttpRequest, length: int) -> Iterator[bytes]:
    """The body as it comes. A connection that breaks or stalls ends it early: what came counts, the client resumes."""
    socket = request.META.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(STALLED_S)
    try:
        while length > 0 and (piece := request.read(min(length, READ_BYTES))):
            length -= len(piece)
            yield piece
    except (UnreadablePostError, TimeoutError):
        return


def _drain(request: HttpRequest) -> None:
    """A client that still sends when it is refused would see a broken connection instead of the sentence."""
    if request.user.is_authenticated and request.content_type == tus.BODY_TYPE:
        length = request.headers.get("Content-Length", "")
        for _ in _pieces(request, min(int(length) if length.isdigit() else 0, settings.UPLOAD_CHUNK_BYTES)):
            pass


def _own_upload(request: HttpRequest, upload_id: uuid.UUID) -> Upload:
    """Of its owner alone: to anyone else it is not there, colleagues in the same library included."""
    upload = Upload.objects.select_related("library").filter(pk=upload_id, owner_id=request.user.pk).first()
    if upload is None:
        raise Problem("There is no such upload.", status=404)
    ended = upload.is_expired or upload.status in (Upload.Status.REFUSED, Upload.Status.CANCELLED)
    if ended and request.method != "DELETE":
        raise gone(upload)
    return upload


def _offset(upload: Upload) -> int:
    try:
        return parts.offset(upload.id)
    except parts.Missing as error:
        raise gone(upload) from error


def _library(request: HttpRequest, library_id: str) -> Library:
    try:
        library = libraries_visible_to(request.user).filter(pk=library_id).first() if library_id else None
    except ValidationError:
        library = None
    if library is None:
        raise Problem("There is no such library. Reload the page and choose another.", status=404)
    if not can_edit(request.user, library):
        raise Problem(f"You may watch «{library.name}», but not add videos to it. Ask its owner.", status=403)
    return library


def _not_allowed(allowed: str) -> Problem:
    return Problem(f"This address takes {allowed}.", status=405, headers={"Allow": allowed})
