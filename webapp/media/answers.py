"""HTTP answers out of stored files: ranges, conditions, and headers that keep other people's caches out."""

from typing import TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from webapp.errors import Problem
from webapp.media import ranges
from webapp.media.blobs import Blob, blob

Answer = TypeVar("Answer", bound=HttpResponseBase)


def file_answer(request: HttpRequest, key: str, content_type: str, *, kept_s: int) -> HttpResponseBase:
    """The file, or the part of it that was asked for. Permission was checked by the caller."""
    try:
        found = blob(key)
    except FileNotFoundError as error:
        raise Problem("This file is not there yet, or not any more.", status=404) from error
    if request.headers.get("If-None-Match") == found.etag:
        return private(HttpResponseNotModified(headers={"ETag": found.etag}), kept_s)
    response = _body(request, found, content_type)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = found.etag
    return private(response, kept_s)


def private(response: Answer, kept_s: int) -> Answer:
    """Kept by the person's own browser alone, and no longer theirs once another session is signed in."""
    response["Cache-Control"] = f"private, max-age={kept_s}"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    patch_vary_headers(response, ["Cookie"])
    return response


def _body(request: HttpRequest, found: Blob, content_type: str) -> HttpResponseBase:
    # A range of another version of the file would be spliced into the old one: If-Range guards that.
    fresh = request.headers.get("If-Range", found.etag) == found.etag
    try:
        part = ranges.parse(request.headers.get("Range") if fresh else None, found.size)
    except ranges.Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{found.size}"}, content_type="text/plain")
    start, length = (part.start, part.length) if part else (0, found.size)
    headers = {"Content-Length": str(length)} | ({"Content-Range": part.header(found.size)} if part else {})
    status = 206 if part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=content_type)
    body = found.read(start, length)
    return StreamingHttpResponse(body, status=status, headers=headers, content_type=content_type)
