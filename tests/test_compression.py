"""What travels compressed, and what must not: pages and JSON do, pieces of a video stay the bytes they are."""

import gzip
import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from indexer.models import Video
from webapp.compression import CompressionMiddleware

GZIP = {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"}


def answered(response, **headers: str):
    asked = RequestFactory().get("/", **(headers or GZIP))
    return CompressionMiddleware(lambda _request: response)(asked)


@pytest.mark.django_db
def test_a_page_travels_compressed_where_the_browser_takes_it(client, alice):
    client.force_login(alice)
    packed, plain = client.get("/help", **GZIP), client.get("/help")
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) * 2 < len(plain.content)
    assert b"</html>" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in plain


@pytest.mark.django_db
def test_json_travels_compressed(client):
    answer = client.get("/api/v1/openapi.json", **GZIP)
    assert answer["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.content))["info"]["title"] == "Seekframe"


def test_the_size_of_the_same_page_differs_from_answer_to_answer():
    sizes = {len(answered(HttpResponse("<p>the same words</p>" * 100)).content) for _ in range(40)}
    assert len(sizes) > 10


@pytest.mark.parametrize("kind", ["image/jpeg", "video/mp4", "application/octet-stream"])
def test_what_is_packed_already_stays_as_it_is(kind):
    assert "Content-Encoding" not in answered(HttpResponse(b"0" * 5000, content_type=kind))


def test_what_is_streamed_stays_as_it_is():
    rows = StreamingHttpResponse(["a row of words\n"] * 100, content_type="text/csv")
    assert "Content-Encoding" not in answered(rows)


@pytest.mark.django_db
def test_a_piece_of_a_video_keeps_its_bytes_and_its_length(client, alice, library):
    default_storage.save("videos/x/original", ContentFile(b"abcdefghij" * 1000))
    video = Video.objects.create(
        library=library, title="x", original="videos/x/original", size_bytes=10_000, content_type="video/mp4"
    )
    client.force_login(alice)
    answer = client.get(f"/media/{video.pk}/play", HTTP_RANGE="bytes=5-4999", **GZIP)
    assert answer.status_code == 206
    assert (answer["Content-Range"], answer["Content-Length"]) == ("bytes 5-4999/10000", "4995")
    assert "Content-Encoding" not in answer
    assert b"".join(answer.streaming_content) == (b"abcdefghij" * 1000)[5:5000]
