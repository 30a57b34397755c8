"""A video's files for the browser: byte ranges, pictures, and who may have them."""

import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from indexer import files
from indexer.models import Library, Video
from tests.videos import PALETTE
from webapp.media import ranges
from webapp.media.ranges import Range, Unsatisfiable

BYTES = bytes(range(256)) * 40  # 10,240 of them


def put(key: str, data: bytes, tmp_path: Path) -> str:
    source = tmp_path / "put"
    source.write_bytes(data)
    files.put(key, source)
    return key


@pytest.fixture
def video(library: Library, tmp_path: Path) -> Video:
    """A stored video whose file plays, with a poster and two sheets of two by two tiles, two seconds each."""
    made = Video(library=library, title="Lake", size_bytes=len(BYTES), content_type="video/mp4", status="ready")
    made.original = put(files.video_key(made.pk, "original"), BYTES, tmp_path)
    made.poster = put(files.video_key(made.pk, "poster.jpg"), picture(PALETTE[:1], 1, 1), tmp_path)
    sheets = [picture(PALETTE[:4], 2, 2), picture(PALETTE[4:6], 2, 2)]
    made.storyboard = {
        "sprites": [put(files.video_key(made.pk, f"{n}.jpg"), data, tmp_path) for n, data in enumerate(sheets)],
        **{"columns": 2, "rows": 2, "tile_width_px": 32, "tile_height_px": 16, "interval_s": 2.0, "n_tiles": 6},
    }
    made.save()
    return made


def picture(colours, columns: int, rows: int) -> bytes:
    sheet = Image.new("RGB", (32 * columns, 16 * rows))
    for n, colour in enumerate(colours):
        sheet.paste(colour, (n % columns * 32, n // columns * 16, n % columns * 32 + 32, n // columns * 16 + 16))
    target = io.BytesIO()
    sheet.save(target, "JPEG", quality=95)
    return target.getvalue()


@pytest.fixture
def seen(client: Client, alice) -> Iterator[Client]:
    cache.clear()
    client.force_login(alice)
    return client


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", Range(0, 1000)),
        ("bytes=0-0", Range(0, 1)),
        ("bytes=10-19", Range(10, 10)),
        ("bytes=990-2000", Range(990, 10)),
        ("bytes=-1", Range(999, 1)),
        ("bytes=-5000", Range(0, 1000)),
        ("bytes=1-2,5-9", Range(1, 2)),
        ("Bytes = 3-4", Range(3, 2)),
        ("bytes=9-3", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=1", None),
        ("lines=1-2", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_a_range_header_is_read_as_http_says(header, expected):
    assert ranges.parse(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_without_a_byte_cannot_be_satisfied(header):
    with pytest.raises(Unsatisfiable):
        ranges.parse(header, 1000)


def test_a_range_of_a_large_file_is_cut_to_four_mebibytes():
    assert ranges.parse("bytes=100-", 2**40) == Range(100, 4 * 2**20)


@pytest.mark.django_db
def test_it_sends_the_part_that_was_asked_for(seen, video):
    answer = seen.get(f"/media/{video.pk}/play", headers={"Range": "bytes=100-199"})
    assert (answer.status_code, body(answer)) == (206, BYTES[100:200])
    assert answer["Content-Range"] == f"bytes 100-199/{len(BYTES)}"
    assert (answer["Content-Length"], answer["Content-Type"]) == ("100", "video/mp4")


@pytest.mark.django_db
def test_it_sends_the_whole_file_to_who_asks_for_no_part(seen, video):
    answer = seen.get(f"/media/{video.pk}/play")
    assert (answer.status_code, body(answer), answer["Accept-Ranges"]) == (200, BYTES, "bytes")


@pytest.mark.django_db
def test_it_says_when_there_is_no_such_part(seen, video):
    answer = seen.get(f"/media/{video.pk}/play", headers={"Range": "bytes=10240-"})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(BYTES)}")


@pytest.mark.django_db
def test_it_answers_head_with_the_headers_alone(seen, video):
    whole = seen.head(f"/media/{video.pk}/play")
    part = seen.head(f"/media/{video.pk}/play", headers={"Range": "bytes=-10"})
    assert (whole.status_code, whole["Content-Length"], whole.content) == (200, str(len(BYTES)), b"")
    assert (part.status_code, part["Content-Length"], part.content) == (206, "10", b"")


@pytest.mark.django_db
def test_it_goes_on_only_with_the_version_it_began_with(seen, video, tmp_path):
    url, part = f"/media/{video.pk}/play", {"Range": "bytes=0-9"}
    tag = seen.head(url)["ETag"]
    assert seen.get(url, headers=part | {"If-Range": tag}).status_code == 206
    assert seen.get(url, headers={"If-None-Match": tag}).status_code == 304
    put(video.original, BYTES[::-1], tmp_path)
    assert seen.get(url, headers=part | {"If-Range": tag}).status_code == 200
    assert seen.get(url, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.django_db
def test_it_plays_the_proxy_where_there_is_one(seen, video, tmp_path):
    video.proxy = put(files.video_key(video.pk, "proxy.mp4"), b"proxy", tmp_path)
    video.content_type = "video/x-matroska"
    video.save()
    answer = seen.get(f"/media/{video.pk}/play")
    assert (body(answer), answer["Content-Type"]) == (b"proxy", "video/mp4")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/javascript", ""])
def test_a_file_is_never_shown_as_something_else_than_a_video(seen, video, kind):
    Video.objects.update(content_type=kind)
    answer = seen.get(f"/media/{video.pk}/play")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_only_the_persons_own_browser_may_keep_it(seen, video):
    for place in ("play", "poster", "storyboard/0", "frame?t=1"):
        answer = seen.get(f"/media/{video.pk}/{place}")
        body(answer)
        assert answer["Cache-Control"] == "private, max-age=3600"
        assert "Cookie" in answer["Vary"]
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["play", "poster", "storyboard/0", "frame?t=1"])
def test_members_see_a_videos_files_and_a_stranger_meets_a_404(client, video, alice, bob, charlie, place):
    statuses = []
    for person in (alice, bob, charlie):
        client.force_login(person)
        answer = client.get(f"/media/{video.pk}/{place}")
        statuses.append(answer.status_code)
        body(answer)
    client.logout()
    assert [*statuses, client.get(f"/media/{video.pk}/{place}").status_code] == [200, 200, 404, 302]


@pytest.mark.django_db
def test_a_video_that_is_being_deleted_is_gone_at_once(seen, video):
    Video.objects.update(status="deleting")
    assert seen.get(f"/media/{video.pk}/play").status_code == 404


@pytest.mark.django_db
def test_a_stranger_cannot_tell_a_video_from_none(client, video, charlie):
    client.force_login(charlie)
    there = client.get(f"/media/{video.pk}/play").json()["detail"]
    assert there == client.get(f"/media/{uuid.uuid4()}/play").json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at_s", "tile"), [(0, 0), (1.9, 0), (2, 1), (5, 2), (7.5, 3), (8, 4), (11, 5), (99, 5), (-3, 0)]
)
def test_a_frame_is_cut_from_the_storyboard(seen, video, at_s, tile):
    for _ in range(2):  # the second comes from the cache
        answer = seen.get(f"/media/{video.pk}/frame?t={at_s}")
        with Image.open(io.BytesIO(answer.content)) as shown:
            assert shown.size == (32, 16)
            assert shown.getpixel((16, 8)) == pytest.approx(PALETTE[tile], abs=12)


@pytest.mark.django_db
def test_until_there_is_a_storyboard_a_frame_is_the_poster(seen, video):
    Video.objects.update(storyboard={})
    answer = seen.get(f"/media/{video.pk}/frame?t=5")
    with default_storage.open(video.poster) as file:
        assert body(answer) == file.read()


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["poster", "frame?t=1", "storyboard/0"])
def test_a_video_without_pictures_says_so(seen, video, place):
    Video.objects.update(poster="", storyboard={})
    answer = seen.get(f"/media/{video.pk}/{place}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "This video has no picture yet.")


@pytest.mark.django_db
def test_a_sheet_that_is_not_there_is_a_404(seen, video):
    assert seen.get(f"/media/{video.pk}/storyboard/2").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("t", ["x", "nan", "inf", ""])
def test_a_time_that_is_no_number_is_refused(seen, video, t):
    assert seen.get(f"/media/{video.pk}/frame", {"t": t}).status_code == 400


@pytest.mark.django_db
def test_a_file_that_left_storage_is_a_404_in_words(seen, video):
    default_storage.delete(video.original)
    answer = seen.get(f"/media/{video.pk}/play")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "This file is not there yet, or not any more."
