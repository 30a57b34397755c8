"""The sources of a library: who may see and change them, what the page says, and who is rung."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from indexer.models import Library, Membership
from tests.indexing import listen
from tests.sources import let_a_minute_pass, source_of, taken, watched_folder, write
from tests.tus_client import VIDEO
from webapp.sources import fetching, services
from webapp.sources.looking import look, look_at_all
from webapp.sources.models import Source
from webapp.uploads import services as upload_services

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inbox(settings, tmp_path: Path) -> Path:
    return watched_folder(settings, tmp_path)


@pytest.fixture
def source(inbox: Path, library: Library, alice) -> Source:
    return source_of(library, alice, str(inbox))


def page_of(library: Library) -> str:
    return f"/library/{library.pk}/sources"


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_a_source_is_added_and_a_worker_is_rung(as_alice, library, inbox):
    assert f'href="{page_of(library)}"' in text(as_alice.get(f"/library/{library.pk}"))
    assert "A first source" in text(as_alice.get(page_of(library)))
    rung = listen()
    answer = as_alice.post(page_of(library), {"place": f"{inbox}/"}, follow=True)
    assert "The source is added." in text(answer)
    made = Source.objects.get()
    assert (made.kind, made.place, made.owner.username) == ("folder", str(inbox), "alice")
    assert rung() == [("look_at_source", str(made.pk))]
    assert "Waits for a worker" in text(answer)
    again = as_alice.post(page_of(library), {"place": str(inbox)})
    assert (again.status_code, "has this source already" in text(again)) == (400, True)


def test_without_roots_it_says_how_to_turn_watching_on(as_alice, library, settings):
    settings.WATCH_ROOTS = ()
    assert "names them in the setting WATCH_ROOTS" in text(as_alice.get(page_of(library)))
    for place in ("/srv/in", "s3://films/in"):
        assert "WATCH_ROOTS says which may be" in text(as_alice.post(page_of(library), {"place": place}))
    assert "Give a folder" in text(as_alice.post(page_of(library), {"place": "films"}))
    assert not Source.objects.exists()


def test_a_library_has_so_many_sources_and_no_more(as_alice, library, alice):
    for k in range(services.MOST):
        source_of(library, alice, f"https://example.org/{k}.mp4")
    assert "Remove one first" in text(as_alice.post(page_of(library), {"place": "https://example.org/x.mp4"}))


def test_a_viewer_may_not_see_them_and_a_stranger_meets_nothing(client, bob, charlie, library, source, inbox):
    write(inbox / "a.mp4", VIDEO)
    look(source.pk)
    item = source.items.get()
    posts = [f"/sources/{source.pk}/{deed}" for deed in ("pause", "look", "remove")]
    posts += [f"/sources/{source.pk}/{item.pk}/{deed}" for deed in ("cancel", "retry")]
    for person, status in ((bob, 403), (charlie, 404)):
        client.force_login(person)
        for address in (page_of(library), f"/fragments/sources/{source.pk}"):
            assert client.get(address).status_code == status
        for address in [page_of(library), *posts]:
            assert client.post(address, {"place": str(inbox), "paused": "yes"}).status_code == status
    source.refresh_from_db()
    item.refresh_from_db()
    assert (source.paused, item.status, Source.objects.count()) == (False, "waiting", 1)


def test_an_item_of_another_source_is_not_reached_through_ones_own(as_alice, alice, library, source, inbox):
    theirs = Library.objects.create(name="Theirs")
    write(inbox / "a.mp4", VIDEO)
    other = source_of(theirs, alice, str(inbox))
    Membership.objects.create(library=theirs, user=alice, role="owner")
    look(other.pk)
    item = other.items.get()
    assert as_alice.post(f"/sources/{source.pk}/{item.pk}/cancel").status_code == 404


def test_the_page_says_what_waits_what_came_and_what_was_refused(as_alice, library, source, inbox):
    write(inbox / "lake.mp4", VIDEO)
    write(inbox / "list.mp4", b"#EXTM3U\n" * 1000)
    look(source.pk)
    page = text(as_alice.get(page_of(library)))
    assert "0 brought in, 2 to come" in page
    assert "Taken once it has not changed for a minute" in page
    taken(source)
    page = text(as_alice.get(page_of(library)))
    assert "1 brought in, 1 refused" in page
    assert f'href="/v/{source.items.get(key="lake.mp4").video_id}"' in page
    assert "is not a video" in page
    assert "Last looked a few seconds ago." in page
    assert "lake.mp4" not in text(as_alice.get("/upload"))  # what came by itself stands here alone
    item = source.items.get(key="list.mp4")
    rung = listen()
    as_alice.post(f"/sources/{source.pk}/{item.pk}/retry")
    assert rung() == [("look_at_source", str(source.pk))]


def test_the_page_shows_how_far_a_copy_is_and_a_cancel(as_alice, library, source, inbox, monkeypatch):
    write(inbox / "a.mp4", VIDEO * 400)
    look(source.pk)
    let_a_minute_pass()
    monkeypatch.setattr(fetching, "AT_ONCE_BYTES", 1_000_000)
    real, seen = upload_services.upload_receive, []

    def looks(**asked):
        seen.append(text(as_alice.get(f"/fragments/sources/{source.pk}")))
        if len(seen) == 3:
            as_alice.post(f"/sources/{source.pk}/{source.items.get().pk}/cancel")
        return real(**asked)

    monkeypatch.setattr(fetching, "upload_receive", looks)
    look(source.pk)
    assert "976.6 KB of 3.1 MB are here" in seen[1]
    assert 'hx-trigger="every 2s"' in seen[1]
    assert "Looking now" in seen[1]
    page = text(as_alice.get(page_of(library)))
    assert "Cancelled" in page
    assert 'hx-trigger="every 15s"' in page


def test_pause_and_remove_are_buttons(as_alice, library, source, inbox):
    as_alice.post(f"/sources/{source.pk}/pause", {"paused": "yes"})
    page = text(as_alice.get(page_of(library)))
    assert "Paused" in page
    assert "hx-trigger" not in page
    rung = listen()
    look_at_all()
    assert rung() == []
    as_alice.post(f"/sources/{source.pk}/pause", {"paused": ""})
    assert rung() == [("look_at_source", str(source.pk))]
    assert "is removed" in text(as_alice.post(f"/sources/{source.pk}/remove", follow=True))
    assert not Source.objects.exists()


def test_beat_rings_for_what_is_due(source, library, alice, settings):
    settings.WATCH_ROOTS = (*settings.WATCH_ROOTS, "s3://films")
    bucket = source_of(library, alice, "s3://films/in")
    address = source_of(library, alice, "https://example.org/a.mp4")
    now = timezone.now()
    Source.objects.update(looked_at=now - timedelta(minutes=1))
    rung = listen()
    look_at_all()
    assert [key for _, key in rung()] == [str(source.pk)]  # a bucket is listed every five minutes, an address once
    Source.objects.filter(pk=bucket.pk).update(looked_at=now - timedelta(minutes=6))
    Source.objects.filter(pk=address.pk).update(looked_at=None)
    look_at_all()
    assert {key for _, key in rung()} == {str(s.pk) for s in (source, bucket, address)}


def test_looks_go_to_a_queue_of_their_own(source, settings):
    assert settings.CELERY_TASK_ROUTES["webapp.sources.tasks.look_at_source"] == {"queue": "fetch"}
