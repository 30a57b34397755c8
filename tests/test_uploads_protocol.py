"""The tus 1.0 rules, one by one, at the endpoint."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from indexer.models import Membership
from tests.tus_client import VIDEO, Tus
from webapp.uploads import parts
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"


@pytest.fixture
def tus(client: Client, alice) -> Tus:
    client.force_login(alice)
    return Tus(client)


def sentence(response) -> str:
    return response.json()["detail"]


def test_it_says_what_it_can_do(client, settings):
    answer = client.options("/uploads/")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,creation-with-upload,expiration,checksum,termination"
    assert answer["Tus-Max-Size"] == str(settings.MAX_UPLOAD_BYTES)
    assert answer["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_it_makes_an_upload_and_says_where_and_until_when(tus, library):
    answer = tus.create(library)
    assert answer.status_code == 201
    assert answer["Tus-Resumable"] == "1.0.0"
    assert "Upload-Expires" in answer
    upload = Upload.objects.get()
    assert answer["Location"] == f"/uploads/{upload.id}"
    assert (upload.title, upload.size_bytes, upload.status) == ("lake", len(VIDEO), "receiving")


def test_it_tells_the_offset_and_never_lets_it_be_cached(tus, library):
    url = tus.create(library)["Location"]
    tus.patch(url, 0, VIDEO[:100])
    answer = tus.head(url)
    assert (answer.status_code, answer["Upload-Offset"], answer["Upload-Length"]) == (200, "100", str(len(VIDEO)))
    assert answer["Cache-Control"] == "no-store"


def test_it_puts_the_parts_together_byte_for_byte(tus, library):
    url = tus.create(library)["Location"]
    for start in range(0, len(VIDEO), 1000):
        answer = tus.patch(url, start, VIDEO[start : start + 1000])
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(min(start + 1000, len(VIDEO))))
    assert parts.part_path(Upload.objects.get().pk).read_bytes() == VIDEO
    assert Upload.objects.get().status == "received"
    assert tus.head(url)["Upload-Offset"] == str(len(VIDEO))


def test_it_takes_bytes_together_with_the_creation(tus, library):
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(VIDEO))}
    headers["Upload-Metadata"] = (
        f"filename {base64.b64encode(b'a.mp4').decode()},library " + base64.b64encode(str(library.pk).encode()).decode()
    )
    answer = tus.client.post("/uploads/", VIDEO[:500], content_type="application/offset+octet-stream", headers=headers)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "500")


@pytest.mark.parametrize("offset", [0, 99, 101, 5000])
def test_it_refuses_a_wrong_offset_and_keeps_what_it_has(tus, library, offset):
    url = tus.create(library)["Location"]
    tus.patch(url, 0, VIDEO[:100])
    assert tus.patch(url, offset, b"xxx").status_code == 409
    assert tus.head(url)["Upload-Offset"] == "100"


@pytest.mark.parametrize("version", ["0.2.2", "2.0.0", ""])
def test_it_refuses_another_version_of_the_protocol(tus, library, version):
    answer = tus.create(library, **{"Tus-Resumable": version})
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")
    assert not Upload.objects.exists()


def test_it_refuses_bytes_of_another_content_type(tus, library):
    url = tus.create(library)["Location"]
    assert tus.patch(url, 0, VIDEO[:10], content_type="application/octet-stream").status_code == 415
    assert tus.head(url)["Upload-Offset"] == "0"


def test_it_refuses_a_file_larger_than_the_limit_before_a_byte_is_sent(tus, library, settings):
    answer = tus.create(library, settings.MAX_UPLOAD_BYTES + 1)
    assert answer.status_code == 413
    assert "Cut or shrink it" in sentence(answer)
    assert not Upload.objects.exists()


def test_it_refuses_more_bytes_than_were_announced(tus, library):
    url = tus.create(library, 1000)["Location"]
    assert tus.patch(url, 0, VIDEO[:1001]).status_code == 413
    assert tus.head(url)["Upload-Offset"] == "0"


def test_it_refuses_a_chunk_that_would_hold_a_thread_too_long(tus, library, settings):
    settings.UPLOAD_CHUNK_BYTES = 1000
    url = tus.create(library)["Location"]
    assert tus.patch(url, 0, VIDEO[:1001]).status_code == 413
    assert tus.patch(url, 0, VIDEO[:1000]).status_code == 204


def test_it_refuses_when_the_disk_has_no_room(tus, library, monkeypatch):
    monkeypatch.setattr(parts, "SPARE_BYTES", 2**60)  # as if that much had to stay free
    answer = tus.create(library)
    assert answer.status_code == 507
    assert sentence(answer) == "There is no room for 8 KB on the server's disk. Free some, then try again."


def test_it_counts_what_other_uploads_were_promised(tus, library, monkeypatch):
    monkeypatch.setattr(parts, "free_bytes", lambda: 3 * len(VIDEO))
    url = tus.create(library, 2 * len(VIDEO))["Location"]
    assert tus.create(library, 2 * len(VIDEO)).status_code == 507
    tus.patch(url, 0, VIDEO)
    assert tus.create(library, 2 * len(VIDEO)).status_code == 201


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Upload-Length", ""),
        ("Upload-Length", "-1"),
        ("Upload-Length", "0"),
        ("Upload-Length", "²"),
        ("Upload-Length", "9" * 30),
        ("Upload-Defer-Length", "1"),
        ("Upload-Concat", "partial"),
        ("Upload-Metadata", "filename !!!"),
        ("Upload-Metadata", "filename YQ==,filename YQ=="),
        ("Upload-Metadata", "filename " + "A" * 5000),
    ],
)
def test_it_refuses_a_creation_it_cannot_read(tus, library, header, value):
    answer = tus.create(library, **{header: value})
    assert answer.status_code == 400
    assert sentence(answer).endswith((".", "alone."))
    assert not Upload.objects.exists()


@pytest.mark.parametrize("name", ["notes.txt", "", "mp4", ".mp4", "video.mp4.exe", "list.m3u8"])
def test_it_refuses_what_is_no_video_by_its_name(tus, library, name):
    answer = tus.create(library, name=name)
    assert answer.status_code == 415
    assert "is not a video that can be read here" in sentence(answer)


@pytest.mark.parametrize("start", [b"#EXTM3U\n", b"MZ\x90\x00", b"\x89PNG\r\n\x1a\n", b"<html>"])
def test_it_refuses_what_is_no_video_by_its_first_bytes(tus, library, start):
    url = tus.create(library, 10_000)["Location"]
    answer = tus.patch(url, 0, start.ljust(4096, b"\n"))
    assert answer.status_code == 415
    assert Upload.objects.get().status == "refused"
    assert Upload.objects.get().error == sentence(answer)
    assert not parts.stored_ids()
    assert tus.head(url).status_code == 410


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_it_takes_bytes_whose_checksum_is_right(tus, library, algorithm):
    url = tus.create(library)["Location"]
    digest = base64.b64encode(hashlib.new(algorithm, VIDEO[:100]).digest()).decode()
    assert tus.patch(url, 0, VIDEO[:100], **{"Upload-Checksum": f"{algorithm} {digest}"}).status_code == 204
    assert tus.head(url)["Upload-Offset"] == "100"


def test_it_drops_bytes_whose_checksum_is_wrong(tus, library):
    url = tus.create(library)["Location"]
    digest = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
    assert tus.patch(url, 0, VIDEO[:100], **{"Upload-Checksum": f"sha1 {digest}"}).status_code == 460
    assert tus.head(url)["Upload-Offset"] == "0"


@pytest.mark.parametrize("value", ["crc32 AAAA", "sha1 ***"])
def test_it_refuses_a_checksum_it_cannot_read(tus, library, value):
    url = tus.create(library)["Location"]
    assert tus.patch(url, 0, VIDEO[:100], **{"Upload-Checksum": value}).status_code == 400
    assert tus.head(url)["Upload-Offset"] == "0"


def test_it_ends_an_upload_that_is_cancelled(tus, library):
    url = tus.create(library)["Location"]
    tus.patch(url, 0, VIDEO[:100])
    assert tus.delete(url).status_code == 204
    assert not parts.stored_ids()
    assert tus.head(url).status_code == 410
    assert tus.patch(url, 100, VIDEO[100:]).status_code == 410
    assert tus.delete(url).status_code == 204  # again: nothing breaks


def test_it_forgets_an_upload_that_nobody_came_back_for(tus, library, settings):
    url = tus.create(library)["Location"]
    late = timezone.now() - timedelta(seconds=settings.UPLOAD_EXPIRES_S + 1)
    Upload.objects.update(touched_at=late)
    assert tus.head(url).status_code == 410
    assert tus.patch(url, 0, VIDEO).status_code == 410


def test_it_lets_a_post_stand_for_a_verb_that_the_network_does_not_let_through(tus, library):
    url = tus.create(library)["Location"]
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = tus.client.post(url, VIDEO[:10], content_type="application/offset+octet-stream", headers=headers)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "10")


def test_it_refuses_verbs_it_does_not_know(tus, library):
    url = tus.create(library)["Location"]
    answer = tus.client.get(url, headers={"Tus-Resumable": "1.0.0"})
    assert (answer.status_code, answer["Allow"]) == (405, "OPTIONS, HEAD, PATCH, DELETE")
    assert tus.client.get("/uploads/", headers={"Tus-Resumable": "1.0.0"}).status_code == 405


def test_it_answers_a_repeated_last_request_without_harm(tus, library):
    url = tus.create(library)["Location"]
    tus.patch(url, 0, VIDEO)
    assert tus.patch(url, len(VIDEO), b"").status_code == 204
    assert tus.patch(url, 0, VIDEO).status_code == 409
    assert tus.delete(url).status_code == 204  # a received file may still be withdrawn
    assert Upload.objects.get().status == "cancelled"


# Who may do what.


def test_only_its_owner_meets_an_upload(tus, library, bob, charlie):
    url = tus.create(library)["Location"]
    Membership.objects.filter(user=bob).update(role="editor")
    for person, status in ((bob, 404), (charlie, 404), (None, 401)):
        other = Tus(Client())
        if person:
            other.client.force_login(person)
        answers = [other.head(url), other.patch(url, 0, VIDEO), other.delete(url)]
        assert [answer.status_code for answer in answers] == [status] * 3
    assert tus.head(url)["Upload-Offset"] == "0"


def test_only_editors_may_add_to_a_library(client, library, alice, bob, charlie):
    statuses = []
    for person in (alice, bob, charlie):
        client.force_login(person)
        statuses.append(Tus(client).create(library).status_code)
    client.logout()
    assert [*statuses, Tus(client).create(library).status_code] == [201, 403, 404, 401]


@pytest.mark.parametrize("library_id", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_it_refuses_a_library_that_is_not_there(tus, library, library_id):
    library.pk = library_id
    assert tus.create(library).status_code == 404


def test_an_editor_who_is_sent_away_sends_no_more_bytes(tus, library, alice):
    url = tus.create(library)["Location"]
    Membership.objects.filter(user=alice).update(role="viewer")
    assert tus.patch(url, 0, VIDEO).status_code == 403


def test_another_site_cannot_upload_in_a_persons_name(library, alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert Tus(strict).create(library).status_code == 403
    token = strict.get("/upload").context["csrf_token"]
    assert Tus(strict).create(library, **{"X-CSRFToken": str(token)}).status_code == 201
    foreign = {"X-CSRFToken": str(token), "Origin": "http://evil.example"}
    assert Tus(strict).create(library, **foreign).status_code == 403


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/passwd.mp4", "passwd"),
        ("C:\\Films\\Lake day.MOV", "Lake day"),
        ("a\x00b\u202e\n c.mp4", "ab c"),
        ("Übung 3.final.webm", "Übung 3.final"),
    ],
)
def test_a_files_name_becomes_a_title_and_never_a_path(tus, library, name, title):
    tus.create(library, name=name)
    assert Upload.objects.get().title == title
    assert [path.name for path in parts.part_path(Upload.objects.get().pk).parent.iterdir()] == [
        f"{Upload.objects.get().pk}.part"
    ]
