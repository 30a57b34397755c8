"""Videos brought by the API: whole in one request, checked as the browser's are, and never made twice."""

import random
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from indexer.models import Membership, Video
from tests.test_api import caller
from tests.tus_client import VIDEO, Tus, metadata
from webapp.api.models import KeptAnswer
from webapp.uploads import parts
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db
BIG = VIDEO[:32] + random.Random(3).randbytes(3 * 2**20)


@pytest.fixture(autouse=True)
def _fresh(settings, tmp_path: Path) -> None:
    cache.clear()  # rates are counted there
    settings.UPLOADS_DIR = tmp_path / "uploads"


def send(program: Client, library, data: bytes = VIDEO, name: str = "Lake day.mp4", key: str = "", **fields):
    form = {"library": str(library.pk), "file": SimpleUploadedFile(name, data)} | fields
    return program.post("/api/v1/videos", form, headers={"Idempotency-Key": key} if key else {})


def test_a_file_becomes_a_video_byte_for_byte(alice, library) -> None:
    made = send(caller(alice, "write"), library, BIG)
    assert (made.status_code, made.json()["title"], made.json()["status"]) == (201, "Lake day", "uploaded")
    video = Video.objects.get(pk=made.json()["id"])
    assert (video.content_type, video.size_bytes, video.uploaded_by) == ("video/mp4", len(BIG), alice)
    with default_storage.open(video.original) as file:
        assert file.read() == BIG
    assert not parts.stored_ids()


def test_a_title_may_be_given(alice, library) -> None:
    assert send(caller(alice, "write"), library, title=" The\x00 lake ").json()["title"] == "The lake"


def test_the_same_file_is_refused_with_the_video_that_is_there_unless_both_are_wanted(alice, library) -> None:
    program = caller(alice, "write")
    first = send(program, library).json()["id"]
    again = send(program, library, name="copy.mp4")
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    assert again.json()["video_id"] == first
    assert "Lake day" in again.json()["detail"]
    both = send(program, library, allow_duplicate="true")
    assert both.status_code == 201
    assert Video.objects.count() == 2
    assert not parts.stored_ids()


@pytest.mark.parametrize(
    ("data", "name", "status", "says"),
    [
        (VIDEO, "notes.txt", 415, "is not a video"),
        (b"PK\x03\x04" + bytes(5000), "lake.mp4", 415, ""),
        (b"", "lake.mp4", 400, "This file is empty"),
    ],
)
def test_what_is_no_video_is_refused_and_leaves_nothing(alice, library, data, name, status, says) -> None:
    refused = send(caller(alice, "write"), library, data, name)
    assert refused.status_code == status
    assert says in refused.json()["detail"]
    assert not parts.stored_ids()
    assert not Upload.objects.exists()


def test_what_is_too_large_or_has_no_room_is_refused(alice, library, settings, monkeypatch) -> None:
    settings.MAX_UPLOAD_BYTES = 2**20
    refused = send(caller(alice, "write"), library, BIG)
    assert refused.status_code == 413
    assert "Cut or shrink it" in refused.json()["detail"]
    settings.MAX_UPLOAD_BYTES = len(BIG) - 1  # within what a form may weigh around its file
    assert send(caller(alice, "write"), library, BIG).status_code == 413
    settings.MAX_UPLOAD_BYTES = 2**40
    monkeypatch.setattr("webapp.uploads.parts.free_bytes", lambda: 2**20)
    assert send(caller(alice, "write"), library, BIG).status_code == 507
    assert not parts.stored_ids()


def test_only_editors_bring_videos(alice, bob, charlie, library) -> None:
    assert send(caller(alice), library).status_code == 403
    assert send(caller(bob, "write"), library).status_code == 403
    assert send(caller(charlie, "write"), library).status_code == 404
    assert send(Client(), library).status_code == 401
    assert caller(alice, "write").post("/api/v1/videos", {"library": library.pk}).status_code == 422
    assert not Video.objects.exists()
    assert not parts.stored_ids()


def test_a_browser_needs_its_csrf_token_and_leaves_nothing_without(alice, library) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["csrftoken"] = "x" * 32  # a stranger's form, with a cookie he made up
    assert send(browser, library).status_code == 401
    browser.force_login(alice)
    assert send(browser, library).status_code == 403
    assert not parts.stored_ids()


# Idempotency-Key


def test_the_same_call_again_gets_the_first_answer(alice, library) -> None:
    program = caller(alice, "write")
    first, again = (send(program, library, key="k1") for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again["Idempotent-Replayed"] == "true"
    assert Video.objects.count() == 1
    other = send(program, library, VIDEO + b"!", key="k1")
    assert (other.status_code, other["Content-Type"]) == (422, "application/problem+json")
    assert send(program, library, VIDEO + b"!", key="k2").status_code == 201
    assert not parts.stored_ids()


def test_a_call_that_made_nothing_may_be_tried_again(alice, library) -> None:
    program = caller(alice, "write")
    Membership.objects.filter(user=alice).update(role="viewer")
    assert send(program, library, key="k1").status_code == 403
    Membership.objects.filter(user=alice).update(role="owner")
    assert send(program, library, key="k1").status_code == 201


def test_the_key_of_another_person_or_path_is_another(alice, bob, library) -> None:
    for person in (alice, bob):
        made = caller(person, "write").post(
            "/api/v1/libraries", {"name": person.username}, "application/json", headers={"Idempotency-Key": "k1"}
        )
        assert (made.status_code, made.json()["name"]) == (201, person.username)
    assert send(caller(alice, "write"), library, key="k1").status_code == 201
    assert KeptAnswer.objects.count() == 3


@pytest.mark.parametrize("key", ["", "with space", "ü", "x" * 256])
def test_a_key_that_is_none_is_refused(alice, key: str) -> None:
    headers = {"Idempotency-Key": key}
    made = caller(alice, "write").post("/api/v1/libraries", {"name": "a"}, "application/json", headers=headers)
    assert made.status_code == 422


# The state of an upload by tus


def test_it_tells_what_became_of_an_upload(alice, charlie, library) -> None:
    program = caller(alice, "write")
    tus = Tus(program)
    url = tus.create(library)["Location"]
    address = f"/api/v1{url}"
    tus.patch(url, 0, VIDEO[:100])
    state = program.get(address).json()
    assert (state["status"], state["received_bytes"], state["video_id"]) == ("receiving", 100, None)
    tus.patch(url, 100, VIDEO[100:])
    upload_finish(upload_id=Upload.objects.get().pk)
    assert program.get(address).json()["video_id"] == state["id"]
    second = tus.send(library, name="copy.mp4")
    upload_finish(upload_id=second)
    copy = program.get(f"/api/v1/uploads/{second}").json()
    assert (copy["duplicate"], copy["video_id"], copy["status"]) == (True, state["id"], "finished")
    assert caller(charlie).get(address).status_code == 404


def test_tus_takes_a_key_that_may_write_and_no_other(alice, library) -> None:
    strict = caller(alice, "write")
    strict.handler.enforce_csrf_checks = True
    assert Tus(strict).create(library).status_code == 201
    assert Tus(caller(alice)).create(library).status_code == 403
    wrong = Client(headers={"Authorization": "Bearer sf_wrong"})
    wrong.force_login(alice)  # a wrong key does not fall back to the session
    assert Tus(wrong).create(library).status_code == 401
    assert Upload.objects.count() == 1


def test_tus_takes_a_title_and_the_wish_to_keep_both(alice, library) -> None:
    tus = Tus(caller(alice, "write"))
    for _ in range(2):
        facts = {"filename": "a.mp4", "library": str(library.pk), "title": "Häuser", "allow_duplicate": "true"}
        url = tus.create(library, **{"Upload-Metadata": metadata(**facts)})["Location"]
        assert tus.patch(url, 0, VIDEO).status_code == 204
    for upload in Upload.objects.all():
        upload_finish(upload_id=upload.pk)
    assert [video.title for video in Video.objects.all()] == ["Häuser", "Häuser"]
