"""Every write a person asks for, and who may see what."""

import uuid
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import ValidationError

from indexer import bells, files, pipeline, selectors, services
from indexer.models import Library, Membership, Segment, Video
from tests.engines import ColourEngine
from tests.indexing import listen, placeholder_video, without_decoding

Status = Video.Status


@pytest.fixture
def video(library, tmp_path) -> Video:
    return placeholder_video(library, tmp_path)


@pytest.mark.django_db
def test_the_owner_of_a_new_library_may_do_everything_and_a_stranger_nothing(alice, charlie):
    made = services.library_create(name="  Films ", owner=alice)
    assert made.name == "Films"
    assert selectors.role_of(alice, made) == Membership.Role.OWNER
    assert selectors.can_share(alice, made)
    assert not selectors.can_view(charlie, made)
    with pytest.raises(ValidationError):
        services.library_create(name=" ", owner=alice)


@pytest.mark.django_db
def test_a_viewer_sees_and_does_not_edit(library, video, alice, bob, charlie):
    assert list(selectors.videos_visible_to(bob)) == [video]
    assert not selectors.can_edit(bob, library)
    assert list(selectors.videos_editable_by(alice)) == [video]
    for person in (charlie, AnonymousUser()):
        assert not selectors.videos_visible_to(person).exists()
        assert not selectors.libraries_editable_by(person).exists()


@pytest.mark.django_db
def test_everyone_signed_in_may_view_the_samples_and_nobody_may_edit_them(library, alice, charlie):
    samples = services.sample_library_ensure(name="Samples")
    assert services.sample_library_ensure(name="Other").pk == samples.pk
    assert list(selectors.libraries_visible_to(charlie)) == [samples]
    assert set(selectors.libraries_visible_to(alice)) == {library, samples}
    assert not selectors.can_edit(alice, samples)
    assert not selectors.libraries_visible_to(AnonymousUser()).exists()


@pytest.mark.django_db(transaction=True)
def test_creating_a_video_rings_for_its_index_and_its_media_after_the_commit(library, tmp_path):
    rung = listen()
    video = placeholder_video(library, tmp_path)
    assert rung() == [("index_video", str(video.pk)), ("make_media", str(video.pk))]
    video.refresh_from_db()
    assert video.rung_at is not None
    assert video.media_rung_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_loses_nothing(library, tmp_path, monkeypatch):
    class Down:
        def send_task(self, *args: object, **options: object) -> None:
            raise ConnectionRefusedError

    monkeypatch.setattr(bells, "current_app", Down())
    video = placeholder_video(library, tmp_path)
    video.refresh_from_db()
    assert (video.status, video.rung_at) == (Status.UPLOADED, None), "the next sweep rings"


@pytest.mark.django_db
def test_the_same_file_becomes_one_video_however_often_it_is_announced(library, video):
    again = services.video_create(
        library=library, uploaded_by=None, title="again", original_key=video.original, size_bytes=1, sha256=""
    )
    assert (again.pk, again.title) == (video.pk, "clip")
    assert Video.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["uploads/beach.mp4", "videos/beach.mp4", "videos/../../etc/passwd", ""])
def test_a_key_that_is_not_made_of_an_id_is_refused(library, key):
    with pytest.raises(ValueError, match=r"storage key|hexadecimal"):
        services.video_create(library=library, uploaded_by=None, title="x", original_key=key, size_bytes=1, sha256="")


@pytest.mark.django_db
def test_a_file_is_copied_with_its_hash_and_found_again_by_it(library, video):
    with files.local_path(video.original) as path:
        assert path.read_bytes() == b"not decoded"
    assert video.sha256 == files.sha256_of(Path(path))
    assert selectors.same_file(library, video.sha256) == video
    assert selectors.same_file(Library.objects.create(name="Other"), video.sha256) is None
    assert selectors.same_file(library, "") is None


@pytest.mark.django_db
def test_a_new_title_is_found_by_its_words_at_once(video, monkeypatch):
    without_decoding(monkeypatch)
    pipeline.index_video(video.pk, ColourEngine())
    services.video_rename(video=video, title="Beach_day-2.final.mp4\x00")
    video.refresh_from_db()
    assert video.title == "Beach_day-2.final.mp4"
    found = Segment.objects.filter(words=SearchQuery("beaches", config="english"))
    assert found.count() == Segment.objects.count() > 0


@pytest.mark.django_db
def test_a_waiting_video_is_cancelled_at_once_and_one_at_rest_is_not(video):
    assert services.video_cancel(video=video)
    video.refresh_from_db()
    assert video.status == Status.CANCELLED
    assert not services.video_cancel(video=video)


@pytest.mark.django_db
def test_a_video_under_way_is_not_started_again(video):
    assert not services.video_reindex(video=video)
    Video.objects.filter(pk=video.pk).update(status=Status.DELETING)
    assert not services.video_reindex(video=video)


@pytest.mark.django_db
def test_replacing_a_file_leaves_one_file_and_no_rest(video, tmp_path):
    new = tmp_path / "new"
    new.write_text("new")
    files.put(video.original, new)
    with files.local_path(video.original) as path:
        assert path.read_text() == "new"
        assert [entry.name for entry in path.parent.iterdir()] == ["original"]


def test_a_title_is_always_something():
    assert services.clean_title(" \t ") == "Untitled"
    assert len(services.clean_title("x" * 999)) == services.TITLE_MAX
    assert files.video_id_of(files.video_key(uuid.UUID(int=7), "original")) == uuid.UUID(int=7)
