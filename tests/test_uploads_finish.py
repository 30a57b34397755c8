"""From the last byte to a video: exactly once, whoever is killed where."""

import os
import threading
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils import timezone

from indexer import files
from indexer.models import Library, Membership, Video
from tests.indexing import in_a_process, listen
from tests.tus_client import VIDEO, Tus
from webapp.uploads import finish, parts, sweep
from webapp.uploads.finish import upload_finish
from webapp.uploads.models import Upload
from webapp.uploads.sweep import uploads_sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"


@pytest.fixture
def tus(client: Client, alice) -> Tus:
    client.force_login(alice)
    return Tus(client)


def stored_files() -> list[str]:
    root = Path(default_storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_it_rings_a_worker_after_the_last_byte_and_makes_a_video(tus, library, alice):
    rung = listen()
    upload_id = tus.send(library, name="Lake day.mp4")
    assert rung() == [("finish_upload", str(upload_id))]

    upload_finish(upload_id=upload_id)

    video = Video.objects.get()
    assert (video.pk, video.title, video.library, video.uploaded_by) == (upload_id, "Lake day", library, alice)
    assert (video.content_type, video.size_bytes, video.status) == ("video/mp4", len(VIDEO), "uploaded")
    with default_storage.open(video.original) as file:
        assert file.read() == VIDEO
    assert Upload.objects.get().status == "finished"
    assert not parts.stored_ids()
    assert ("index_video", str(upload_id)) in rung()


def test_running_it_again_changes_nothing(tus, library):
    upload_id = tus.send(library)
    for _ in range(3):
        upload_finish(upload_id=upload_id)
    assert Video.objects.count() == 1
    assert stored_files() == [f"videos/{upload_id}/original"]


def test_a_worker_killed_at_any_line_leaves_one_video(tus, library):
    for line in range(0, 90, 4):
        data = VIDEO + line.to_bytes(2, "big")  # another file each time
        upload_id = tus.send(library, data)
        steps = (finish.upload_finish, finish._learn, finish._store, finish._publish)
        if not in_a_process(lambda id=upload_id: upload_finish(upload_id=id), steps, line):
            break
        upload_finish(upload_id=upload_id)
        with default_storage.open(Video.objects.get(pk=upload_id).original) as file:
            assert file.read() == data
        assert Upload.objects.get(pk=upload_id).status == "finished"
    else:
        pytest.fail("the work has more lines than were tried")
    assert Video.objects.count() == Upload.objects.count() == len(stored_files())


def test_the_same_file_in_the_same_library_is_kept_once(tus, library):
    first = tus.send(library)
    upload_finish(upload_id=first)
    second = tus.send(library, name="copy.mp4")
    upload_finish(upload_id=second)
    assert Upload.objects.get(pk=second).duplicate_of_id == first
    assert Video.objects.count() == 1
    assert stored_files() == [f"videos/{first}/original"]
    assert not parts.stored_ids()
    page = tus.client.get(f"/fragments/uploads/{second}").content.decode()
    assert "Already in this library, as «lake»" in page


def test_the_same_file_in_another_library_is_another_video(tus, library, alice):
    other = Library.objects.create(name="Work")
    Membership.objects.create(library=other, user=alice, role="owner")
    for place in (library, other):
        upload_finish(upload_id=tus.send(place))
    assert Video.objects.count() == 2


def test_two_uploads_of_one_file_that_end_together_make_one_video(tus, library):
    ids = [tus.send(library), tus.send(library)]
    start = threading.Barrier(2)

    def run(upload_id: uuid.UUID) -> None:
        start.wait()
        upload_finish(upload_id=upload_id)
        connection.close()

    threads = [threading.Thread(target=run, args=[upload_id]) for upload_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Video.objects.count() == 1
    assert len(stored_files()) == 1
    assert sorted(Upload.objects.values_list("status", flat=True)) == ["finished", "finished"]


def test_storage_on_another_disk_gets_a_copy(tus, library, monkeypatch):
    def other_disk(self: Path, target: Path) -> Path:
        raise OSError(18, "Invalid cross-device link")

    upload_id = tus.send(library)
    monkeypatch.setattr(Path, "rename", other_disk)
    upload_finish(upload_id=upload_id)
    with default_storage.open(Video.objects.get().original) as file:
        assert file.read() == VIDEO
    assert not parts.stored_ids()


def test_someone_who_lost_the_library_meanwhile_adds_nothing_to_it(tus, library, alice):
    upload_id = tus.send(library)
    Membership.objects.filter(user=alice).delete()
    upload_finish(upload_id=upload_id)
    assert not Video.objects.exists()
    assert not parts.stored_ids()
    assert Upload.objects.get().error == "You may no longer add videos to this library."


def test_a_file_that_was_lost_on_the_server_is_said_to_be(tus, library):
    upload_id = tus.send(library)
    parts.remove(upload_id)
    upload_finish(upload_id=upload_id)
    assert Upload.objects.get().error == "The uploaded file was lost on the server. Upload it again."


# The sweeper.


def age(upload_id: uuid.UUID, seconds: float) -> None:
    moment = timezone.now() - timedelta(seconds=seconds)
    Upload.objects.filter(pk=upload_id).update(touched_at=moment)
    if parts.part_path(upload_id).exists():
        os.utime(parts.part_path(upload_id), (moment.timestamp(), moment.timestamp()))


def unfinished(tus: Tus, library: Library) -> uuid.UUID:
    url = tus.create(library)["Location"]
    tus.patch(url, 0, VIDEO[:100])
    return uuid.UUID(url.rsplit("/", 1)[1])


def test_it_ends_uploads_that_expired_and_keeps_the_others(tus, library, settings):
    late, fresh = unfinished(tus, library), unfinished(tus, library)
    age(late, settings.UPLOAD_EXPIRES_S + 1)
    uploads_sweep()
    assert parts.stored_ids() == [fresh]
    assert Upload.objects.get(pk=late).status == "expired"
    assert tus.head(f"/uploads/{late}").status_code == 410


def test_it_leaves_an_upload_alone_while_bytes_are_coming(tus, library, settings):
    late = unfinished(tus, library)
    age(late, settings.UPLOAD_EXPIRES_S + 1)
    with parts.locked(late):
        uploads_sweep()
    assert parts.stored_ids() == [late]


def test_it_rings_again_for_a_file_that_no_worker_took(tus, library):
    upload_id = tus.send(library)
    age(upload_id, sweep.RING_AGAIN_AFTER.total_seconds() + 1)
    rung = listen()
    uploads_sweep()
    assert rung() == [("finish_upload", str(upload_id))]


def test_it_passes_on_an_upload_whose_last_request_was_killed_after_the_last_byte(tus, library):
    upload_id = unfinished(tus, library)
    with parts.part_path(upload_id).open("ab") as part:
        part.write(VIDEO[100:])
    rung = listen()
    uploads_sweep()
    assert Upload.objects.get().status == "received"
    assert rung() == [("finish_upload", str(upload_id))]


def test_what_is_no_video_is_refused_though_its_last_request_was_killed_before_it_looked(tus, library):
    upload_id = uuid.UUID(tus.create(library)["Location"].rsplit("/", 1)[1])
    parts.part_path(upload_id).write_bytes(b"#EXTM3U\n".ljust(len(VIDEO)))
    uploads_sweep()
    upload_finish(upload_id=upload_id)
    assert (Upload.objects.get().status, Video.objects.count()) == ("refused", 0)
    assert not parts.stored_ids()


def test_it_removes_parts_that_nobody_needs(tus, library):
    upload_id = unfinished(tus, library)
    stray = uuid.uuid4()
    parts.create(stray)
    Upload.objects.filter(pk=upload_id).delete()  # as with its library
    uploads_sweep()
    assert set(parts.stored_ids()) == {stray, upload_id}  # young: the row may be on its way
    for part in (stray, upload_id):
        age(part, sweep.STRAY_AFTER_S + 1)
    uploads_sweep()
    assert not parts.stored_ids()


def test_it_forgets_the_rows_of_old_uploads_but_not_their_videos(tus, library):
    upload_id = tus.send(library)
    upload_finish(upload_id=upload_id)
    age(upload_id, sweep.KEPT.total_seconds() + 1)
    uploads_sweep()
    assert not Upload.objects.exists()
    assert files.sha256_of(Path(default_storage.path(Video.objects.get().original)))
