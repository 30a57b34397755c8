"""A look at a source that is killed, paused, cancelled, or made by two: each file once, and nothing left over."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from indexer.models import Library, Video
from tests.indexing import in_a_process
from tests.sources import (
    copy_that_dies,
    let_a_minute_pass,
    lose_worker,
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
from webapp.sources import claims, fetching, looking, services
from webapp.sources.looking import look, look_at_all
from webapp.sources.models import Source, SourceItem
from webapp.uploads import parts
from webapp.uploads import services as upload_services
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inbox(settings, tmp_path: Path) -> Path:
    return watched_folder(settings, tmp_path)


@pytest.fixture
def source(inbox: Path, library: Library, alice) -> Source:
    return source_of(library, alice, str(inbox))


def test_a_worker_killed_at_any_line_brings_each_file_in_once(source, inbox):
    steps = (
        looking.look,
        looking._look,
        looking._add,
        looking._fetch_due,
        fetching.fetch,
        fetching._known,
        fetching._receive,
        fetching._copy,
        fetching._set,
        upload_services.upload_create,
        upload_services.upload_receive,
        upload_services.upload_touch,
    )
    for line in range(0, 400, 9):
        data = VIDEO + line.to_bytes(2, "big")
        write(inbox / f"{line}.mp4", data)
        look(source.pk)
        let_a_minute_pass()
        died = in_a_process(lambda: look(source.pk), steps, line)
        lose_worker(source)
        worked(source)
        if not died:
            break
    else:
        pytest.fail("the work has more lines than were tried")
    n_files = len(list(inbox.iterdir()))
    assert Video.objects.count() == n_files == len(set(stored()))
    assert set(statuses(source).values()) <= {"fetched", "known"}
    assert stray_parts() == 0
    kept = [p for p in Path(default_storage.location).rglob("*") if p.is_file()]
    assert len(kept) == n_files


def test_a_copy_goes_on_where_it_stopped(source, inbox, monkeypatch):
    data = VIDEO * 200
    write(inbox / "a.mp4", data)
    look(source.pk)
    let_a_minute_pass()
    starts = copy_that_dies(monkeypatch, at=3)
    with pytest.raises(KeyboardInterrupt):
        look(source.pk)
    worked(source)
    assert starts[:4] == [0, 100_000, 200_000, 200_000]
    assert stored() == [data]


def test_two_workers_do_not_look_at_once(source, inbox):
    held = claims.claim(source.pk)
    assert held is not None
    assert claims.claim(source.pk) is None
    write(inbox / "a.mp4", VIDEO)
    look(source.pk)
    assert not source.items.exists()
    lose_worker(source)
    assert claims.claim(source.pk) is not None
    with pytest.raises(claims.Lost):
        held.check()


def test_pausing_stops_a_look_and_what_has_come_is_kept(source, inbox, monkeypatch):
    data = VIDEO * 200
    write(inbox / "a.mp4", data)
    look(source.pk)
    let_a_minute_pass()
    monkeypatch.setattr(fetching, "AT_ONCE_BYTES", 100_000)
    monkeypatch.setattr(claims, "RENEW_S", 0)
    real = upload_services.upload_receive

    def pauses(**asked):
        services.source_pause(source=source, paused=True)
        return real(**asked)

    monkeypatch.setattr(fetching, "upload_receive", pauses)
    look(source.pk)
    upload = Upload.objects.get()
    assert (upload.status, parts.offset(upload.pk)) == ("receiving", 100_000)
    look_at_all()
    assert parts.offset(upload.pk) == 100_000
    monkeypatch.setattr(fetching, "upload_receive", real)
    services.source_pause(source=source, paused=False)
    worked(source)
    assert stored() == [data]


def test_a_cancel_ends_a_copy_and_gives_its_room_back(source, inbox, monkeypatch):
    write(inbox / "a.mp4", VIDEO * 200)
    look(source.pk)
    let_a_minute_pass()
    monkeypatch.setattr(fetching, "AT_ONCE_BYTES", 100_000)
    real, calls = upload_services.upload_receive, []

    def cancels(**asked):
        calls.append(1)
        if len(calls) == 2:
            assert services.item_cancel(item=source.items.get())
        return real(**asked)

    monkeypatch.setattr(fetching, "upload_receive", cancels)
    worked(source)
    assert statuses(source) == {"a.mp4": "cancelled"}
    assert (len(calls), parts.stored_ids(), Video.objects.count()) == (2, [], 0)
    worked(source)
    assert len(calls) == 2, "what was cancelled is not begun again"


def test_a_removed_source_leaves_its_videos_and_no_parts(source, inbox, monkeypatch):
    write(inbox / "a.mp4", VIDEO)
    taken(source)
    write(inbox / "b.mp4", VIDEO * 200)
    look(source.pk)
    let_a_minute_pass()
    monkeypatch.setattr(fetching, "AT_ONCE_BYTES", 100_000)
    real, calls = upload_services.upload_receive, []

    def removes(**asked):
        calls.append(1)
        if len(calls) == 2:
            services.source_remove(source=Source.objects.get())
        return real(**asked)

    monkeypatch.setattr(fetching, "upload_receive", removes)
    look(source.pk)
    assert (Source.objects.count(), SourceItem.objects.count()) == (0, 0)
    assert (stored(), parts.stored_ids()) == ([VIDEO], [])
