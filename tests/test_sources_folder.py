"""A watched folder: what is taken, when, how often, and what is never opened."""

import os
from pathlib import Path

import pytest

from indexer import services as videos
from indexer.models import Library, Membership, Video
from tests.sources import (
    error_of,
    let_a_minute_pass,
    source_of,
    statuses,
    stored,
    stray_parts,
    taken,
    watched_folder,
    worked,
    write,
)
from tests.tus_client import VIDEO
from webapp.env import EnvironmentProblem
from webapp.sources import roots, services
from webapp.sources.folder import Folder
from webapp.sources.kinds_of_place import NoPlace, place_of
from webapp.sources.looking import look
from webapp.sources.models import Source
from webapp.sources.places import Changed, FetchProblem
from webapp.sources.selectors import shown
from webapp.uploads import parts
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inbox(settings, tmp_path: Path) -> Path:
    return watched_folder(settings, tmp_path)


@pytest.fixture
def source(inbox: Path, library: Library, alice) -> Source:
    return source_of(library, alice, str(inbox))


# What is taken


def test_a_file_that_was_still_for_a_minute_becomes_a_video_and_stays_where_it_is(source, inbox, alice, library):
    write(inbox / "day 1" / "Lake.mp4", VIDEO)
    write(inbox / "notes.txt", b"no video by its name")
    write(inbox / ".hidden.mp4", VIDEO)
    write(inbox / ".trash" / "old.mp4", VIDEO)
    look(source.pk)
    assert statuses(source) == {"Lake.mp4": "waiting"}
    look(source.pk)
    assert not Upload.objects.exists(), "it was seen this very minute"
    let_a_minute_pass()
    worked(source)
    video = Video.objects.get()
    assert (video.title, video.library, video.uploaded_by) == ("Lake", library, alice)
    assert (stored(), statuses(source)) == ([VIDEO], {"Lake.mp4": "fetched"})
    assert source.items.get().video == video
    assert (inbox / "day 1" / "Lake.mp4").read_bytes() == VIDEO
    assert stray_parts() == 0


def test_a_file_that_still_grows_waits_for_a_minute_from_its_last_change(source, inbox):
    write(inbox / "a.mp4", VIDEO[:100])
    look(source.pk)
    let_a_minute_pass()
    write(inbox / "a.mp4", VIDEO)
    worked(source)
    assert (statuses(source), stored()) == ({"a.mp4": "waiting"}, [])
    let_a_minute_pass()
    worked(source)
    assert stored() == [VIDEO]


def test_each_content_comes_once_under_whatever_name(source, inbox):
    write(inbox / "a.mp4", VIDEO)
    taken(source)
    write(inbox / "b.mp4", VIDEO)
    (inbox / "a.mp4").rename(inbox / "c.mp4")
    taken(source)
    assert statuses(source) == {"a.mp4": "fetched", "b.mp4": "known", "c.mp4": "known"}
    assert (Video.objects.count(), Upload.objects.count()) == (1, 1)


def test_a_video_that_was_deleted_does_not_come_back(source, inbox):
    write(inbox / "a.mp4", VIDEO)
    taken(source)
    videos.video_delete(video=Video.objects.get())
    (inbox / "a.mp4").rename(inbox / "b.mp4")
    taken(source)
    assert statuses(source)["b.mp4"] == "known"
    assert not Video.objects.exclude(status=Video.Status.DELETING).exists()


def test_a_video_in_the_trash_is_not_led_to(source, inbox):
    write(inbox / "a.mp4", VIDEO)
    taken(source)
    (row,) = shown(source).rows
    assert (row.video, row.sentence) == (Video.objects.get(), "Brought in")
    videos.video_trash(video=Video.objects.get())
    (row,) = shown(source).rows
    assert (row.video, row.sentence) == (None, "Brought in, and deleted since")


def test_another_content_under_the_same_name_is_another_video(source, inbox):
    write(inbox / "a.mp4", VIDEO)
    taken(source)
    write(inbox / "a.mp4", VIDEO + b"more")
    taken(source)
    assert stored() == [VIDEO, VIDEO + b"more"]


def test_a_file_that_is_in_the_library_by_an_upload_is_not_copied(source, inbox, library, alice, tmp_path):
    videos.video_import(library=library, uploaded_by=alice, title="x", path=write(tmp_path / "x.mp4", VIDEO))
    write(inbox / "a.mp4", VIDEO)
    taken(source)
    assert (statuses(source), Upload.objects.count()) == ({"a.mp4": "known"}, 0)


def test_what_is_no_video_by_its_bytes_is_refused_and_tried_again_only_when_asked(source, inbox):
    write(inbox / "a.mp4", b"#EXTM3U\n" * 1000)
    taken(source)
    item = source.items.get()
    assert (item.status, "is not a video" in item.error) == ("refused", True), item.error
    assert (Video.objects.count(), stray_parts()) == (0, 0)
    worked(source)
    assert Upload.objects.count() == 1
    assert services.item_retry(item=item)
    worked(source)
    assert Upload.objects.count() == 2


@pytest.mark.parametrize(("limit", "said"), [(2**20, ""), (1000, "here a video may be")])
def test_the_limits_of_an_upload_are_those_of_a_source(source, inbox, settings, limit, said):
    settings.MAX_UPLOAD_BYTES = limit
    write(inbox / "a.mp4", VIDEO)
    taken(source)
    assert (said in source.items.get().error, len(stored())) == (True, 0 if said else 1)


def test_a_full_disk_stops_the_look_with_its_sentence_and_the_file_waits(source, inbox, monkeypatch):
    write(inbox / "a.mp4", VIDEO)
    monkeypatch.setattr(parts, "free_bytes", lambda: 10)
    taken(source)
    assert "There is no room" in error_of(source)
    assert statuses(source) == {"a.mp4": "waiting"}
    monkeypatch.undo()
    worked(source)
    assert (error_of(source), len(stored())) == ("", 1)


def test_whoever_lost_the_library_brings_nothing_in(source, inbox, alice):
    write(inbox / "a.mp4", VIDEO)
    Membership.objects.filter(user=alice).delete()
    taken(source)
    assert "may no longer add videos" in error_of(source)
    assert not source.items.exists()


# What is never opened


def test_links_that_lead_out_are_refused_and_links_that_stay_are_followed(source, inbox, tmp_path):
    secret = write(tmp_path / "secret.mp4", VIDEO)
    outside = tmp_path / "outside"
    write(outside / "deep.mp4", VIDEO)
    (inbox / "out.mp4").symlink_to(secret)
    (inbox / "folder").symlink_to(outside)
    write(inbox / "kept" / "own.mp4", VIDEO + b"own")
    (inbox / "in.mp4").symlink_to(inbox / "kept" / "own.mp4")
    taken(source)
    assert statuses(source) == {"out.mp4": "refused", "in.mp4": "fetched", "own.mp4": "known"}
    assert source.items.get(key="out.mp4").error.startswith("This is a link that leads out")
    assert stored() == [VIDEO + b"own"]


def test_a_folder_swapped_for_a_link_after_the_look_leads_nowhere(source, inbox, tmp_path):
    write(inbox / "sub" / "a.mp4", VIDEO)
    version = next(Folder(str(inbox)).files()).version
    outside = write(tmp_path / "outside" / "a.mp4", VIDEO).parent
    (inbox / "sub").rename(inbox / "was")
    (inbox / "sub").symlink_to(outside)
    with pytest.raises(FetchProblem, match="leads out"), Folder(str(inbox)).open("sub/a.mp4", version, 0):
        pass
    with pytest.raises(FetchProblem, match="leads out"), Folder(str(inbox)).open("../../secret.mp4", version, 0):
        pass


def test_a_pipe_does_not_hold_it_up(source, inbox):
    os.mkfifo(inbox / "a.mp4")
    taken(source)
    assert statuses(source) == {}
    with pytest.raises(Changed), Folder(str(inbox)).open("a.mp4", "1:1", 0):
        pass


def test_a_file_that_changes_while_it_is_copied_is_seen_anew(source, inbox):
    path = write(inbox / "a.mp4", VIDEO * 100)
    version = next(Folder(str(inbox)).files()).version
    with Folder(str(inbox)).open("a.mp4", version, 0) as opened:
        next(opened.pieces)
        path.write_bytes(VIDEO)
        with pytest.raises(Changed):
            list(opened.pieces)


def test_only_what_the_operator_named_may_be_watched(settings, inbox, tmp_path):
    assert place_of(f"{inbox}/")[1] == str(inbox)
    (inbox / "out").symlink_to(tmp_path)
    for place in (str(tmp_path), f"{inbox}/../..", f"{inbox}/out", "/etc", f"{inbox.parent}x"):
        with pytest.raises(NoPlace, match="may be watched"):
            place_of(place)
    settings.WATCH_ROOTS = ()
    with pytest.raises(NoPlace, match="WATCH_ROOTS"):
        place_of(str(inbox))
    for wrong in ("srv/in", "s3://", "http://x"):
        with pytest.raises(EnvironmentProblem):
            roots.parse(wrong)


def test_a_root_that_was_taken_back_ends_the_watching(source, inbox, settings):
    write(inbox / "a.mp4", VIDEO)
    settings.WATCH_ROOTS = ("/srv/elsewhere",)
    taken(source)
    assert "may not be watched" in error_of(source)
    assert not source.items.exists()


def test_a_folder_that_is_gone_is_said_to_be(source, inbox):
    inbox.rmdir()
    look(source.pk)
    assert "There is no folder" in error_of(source)
