"""Pages and JSON travel compressed where the caller takes gzip. Static files are compressed before, by WhiteNoise."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

WORDS = ("application/json", "application/problem+json", "application/javascript", "application/manifest+json")


class CompressionMiddleware(GZipMiddleware):
    """Django's own, with its bytes of random length against guessing by size (BREACH), and for words alone.

    Files of a video are packed already, and a part of one must stay the bytes that Content-Range says.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or response.status_code == 206 or not kind.startswith(("text/", *WORDS)):
            return response
        return super().process_response(request, response)
