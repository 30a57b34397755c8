"""The trash as people and programs meet it: its page, its questions, the same file uploaded again."""

import html
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from indexer import adding, selectors, services
from indexer.models import Library, Membership, Video
from tests.indexing import placeholder_video
from tests.search_world import add_video, showing, stored_space
from tests.test_api import caller
from tests.trash import dogs, fake_model
from webapp.uploads import finish, parts
from webapp.uploads.models import Upload

__all__ = ["dogs", "fake_model"]
pytestmark = pytest.mark.django_db
Status = Video.Status


def text(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return html.unescape(" ".join(body.decode().split()))


# The page


def test_the_page_says_when_each_was_deleted_and_when_it_will_be_gone(as_alice, library, dogs: Video) -> None:
    assert "Trash (" not in text(as_alice.get(f"/library/{library.pk}"))
    asked = text(as_alice.get(f"/v/{dogs.pk}/delete"))
    assert "Move this video to the trash?" in asked
    assert "For 30 days the people who may change this library can restore it" in asked
    as_alice.post(f"/v/{dogs.pk}/delete")
    assert "Trash (1)" in text(as_alice.get(f"/library/{library.pk}"))
    page = text(as_alice.get(f"/library/{library.pk}/trash"))
    gone = timezone.now() + timedelta(days=30)
    assert dogs.title in page
    assert f"Gone for good on {gone:%-d %b %Y}" in page


def test_for_good_is_asked_first(as_alice, library, dogs: Video) -> None:
    services.video_trash(video=dogs)
    for address in (f"/v/{dogs.pk}/delete-for-good", f"/library/{library.pk}/trash/empty"):
        assert "Nobody can bring them back" in text(as_alice.get(address))
        assert selectors.videos_in_trash().count() == 1
    as_alice.post(f"/v/{dogs.pk}/delete-for-good")
    dogs.refresh_from_db()
    assert dogs.status == Status.DELETING


def test_the_trash_is_emptied_of_one_library_alone(as_alice, library, dogs: Video) -> None:
    other = add_video(Library.objects.create(name="Other"), stored_space(), [showing("cat")])
    present = add_video(library, stored_space(), [showing("cat")])
    for video in (dogs, other):
        services.video_trash(video=video)
    assert "1 video is deleted for good" in text(as_alice.post(f"/library/{library.pk}/trash/empty", follow=True))
    states = {video.pk: video.status for video in Video.objects.all()}
    assert states == {dogs.pk: Status.DELETING, other.pk: Status.READY, present.pk: Status.READY}


@pytest.mark.parametrize("role", [None, "viewer"])
def test_the_trash_is_for_editors(client, charlie, library, dogs: Video, role) -> None:
    if role:
        Membership.objects.create(user=charlie, library=library, role=role)
    services.video_trash(video=dogs)
    client.force_login(charlie)
    refused = 403 if role else 404
    assert client.get(f"/library/{library.pk}/trash").status_code == refused
    assert client.post(f"/library/{library.pk}/trash/empty").status_code == refused
    for address in (f"/v/{dogs.pk}/restore", f"/v/{dogs.pk}/delete-for-good"):
        assert client.post(address).status_code == 404
    assert "Trash (" not in text(client.get(f"/library/{library.pk}"))
    assert client.get(f"/media/{dogs.pk}/poster").status_code == 404
    dogs.refresh_from_db()
    assert dogs.trashed_at is not None


# The same file again


def test_the_same_file_is_told_to_lie_in_the_trash(as_alice, alice, library, dogs: Video, tmp_path, settings) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    services.video_trash(video=dogs)
    upload = Upload.objects.create(
        library=library,
        owner=alice,
        title="again",
        file_name="again.mp4",
        size_bytes=3,
        sha256=dogs.sha256,
        content_type="video/mp4",
        status=Upload.Status.RECEIVED,
    )
    parts.create(upload.id)
    finish.upload_finish(upload_id=upload.id)
    row = text(as_alice.get("/upload"))
    assert "This file lies in the library's trash, as «Dogs on beaches»" in row
    assert f'action="/v/{dogs.pk}/restore"' in row
    assert Video.objects.count() == 1
    as_alice.post(f"/v/{dogs.pk}/restore")
    assert "Already in this library, as «Dogs on beaches»" in text(as_alice.get("/upload"))


def test_the_command_line_says_so_too(library, tmp_path, monkeypatch) -> None:
    video = placeholder_video(library, tmp_path)
    monkeypatch.setattr(adding, "demuxer_of", lambda head: "mov")
    monkeypatch.setattr(adding, "probe", lambda path: type("Facts", (), {"container": "mov"}))
    services.video_trash(video=video)
    with pytest.raises(adding.CannotAdd, match="lies in the library's trash, as «clip»: restore it"):
        adding.check(Path(tmp_path / "clip.mp4"), library)


def test_one_that_is_there_goes_before_one_in_the_trash(library, dogs: Video) -> None:
    services.video_trash(video=dogs)
    assert selectors.same_file(library, dogs.sha256) == dogs
    other = add_video(library, stored_space(), [showing("cat")])
    Video.objects.filter(pk=other.pk).update(sha256=dogs.sha256)
    assert selectors.same_file(library, dogs.sha256) == other
    services.video_delete(video=dogs)
    services.video_delete(video=other)
    assert selectors.same_file(library, dogs.sha256) is None


# The API


def test_a_program_trashes_lists_restores_and_deletes_for_good(alice, dogs: Video) -> None:
    program, address = caller(alice, "write"), f"/api/v1/videos/{dogs.pk}"
    assert program.post(f"{address}/restore").status_code == 404
    assert program.delete(address).status_code == 204
    assert program.delete(address).status_code == 404, "it is in the trash already"
    (listed,) = program.get("/api/v1/videos", {"trashed": "true"}).json()["items"]
    assert (listed["id"], bool(listed["trashed_at"])) == (str(dogs.pk), True)
    assert program.post(f"{address}/restore").json()["trashed_at"] is None
    assert program.get(address).status_code == 200
    program.delete(address)
    assert program.delete(f"{address}?for_good=true").status_code == 204
    assert program.get("/api/v1/videos", {"trashed": "true"}).json()["count"] == 0
    dogs.refresh_from_db()
    assert dogs.status == Status.DELETING


def test_a_program_of_a_viewer_or_that_may_only_read_restores_nothing(alice, bob, dogs: Video) -> None:
    services.video_trash(video=dogs)
    for program, refused in ((caller(bob, "write"), 404), (caller(alice, "read"), 403)):
        assert program.post(f"/api/v1/videos/{dogs.pk}/restore").status_code == refused
        assert program.delete(f"/api/v1/videos/{dogs.pk}?for_good=true").status_code == refused
    assert caller(bob).get("/api/v1/videos", {"trashed": "true"}).json()["count"] == 0
