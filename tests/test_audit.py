"""The audit log: what gets into it, that nothing gets out of it before its time, and who reads it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from indexer.models import Library, Video
from indexer.services import video_delete
from tests.search_world import FakeEngine, add_video, showing, stored_space
from tests.test_factors import code_of
from webapp.audit.models import AuditEntry
from webapp.audit.services import audit_sweep, record

PASSWORD = "correct horse battery"
Kind = AuditEntry.Kind
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    cache.clear()
    monkeypatch.setattr("webapp.pages.video.engine", FakeEngine)


@pytest.fixture
def film(library: Library) -> Video:
    return add_video(library, stored_space(), [showing("dog")] * 4, title="Film")


@pytest.fixture
def alices(as_alice: Client) -> Client:
    """Signed in, and nothing written yet."""
    audit_clear()
    return as_alice


def audit_clear() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL seekframe.audit_sweep = 'on'; DELETE FROM webapp_auditentry")


def written() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("kind", "person", "about"))


def test_signing_in_and_out_and_failing_to(alice):
    client = Client(REMOTE_ADDR="203.0.113.7")
    client.post("/sign-in", {"username": "alice", "password": "wrong"})
    client.post("/sign-in", {"username": "my password, typed in the wrong place", "password": "x"})
    client.post("/sign-in", {"username": "alice", "password": PASSWORD})
    client.post("/sign-out")
    assert written() == [
        ("sign-in-failed", "alice", ""),
        ("sign-in-failed", "", ""),
        ("signed-in", "alice", ""),
        ("signed-out", "alice", ""),
    ]
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {"203.0.113.7"}


def test_a_lockout_is_written_once_it_happens(alice):
    for _ in range(11):
        Client().post("/sign-in", {"username": "alice", "password": "wrong"})
    assert ("locked-out", "alice", "") in written()


@pytest.mark.django_db(transaction=True)  # allauth tells once the change is stored
def test_the_password_and_the_factors(alices):
    alices.post("/account/confirm?next=/account", {"password": PASSWORD})
    secret = alices.get("/account/app").context["form"].secret
    alices.post("/account/app", {"code": code_of(secret)})
    new = {"new_password1": "another good one 7", "new_password2": "another good one 7"}
    alices.post("/account/password", {"old_password": PASSWORD, **new})
    alices.post("/account/app/remove")
    assert [(kind, about) for kind, _, about in written()] == [
        ("factor-added", "authenticator app"),
        ("codes-made", "recovery codes"),
        ("password-changed", ""),
        ("factor-removed", "authenticator app"),
        ("factor-removed", "recovery codes"),
    ]


def test_keys(alices):
    alices.post("/keys", {"name": "Backup", "scope": "read", "days": "30"})
    key_id = alices.get("/keys").context["keys"][0].pk
    alices.post(f"/keys/{key_id}/delete")
    (made, _, name), (ended, _, again) = written()
    assert (made, ended, name) == ("key-made", "key-ended", again)
    assert name.startswith("Backup (...")


def test_sharing(alices, charlie, library):
    base = f"/library/{library.pk}"
    alices.post(f"{base}/people", {"username": "charlie", "role": "viewer"})
    alices.post(f"{base}/people/{charlie.pk}/role", {"role": "editor"})
    alices.post(f"{base}/people/{charlie.pk}/remove")
    address = alices.post(f"{base}/links", {"name": "Lyon", "days": "1"}).context["address"]
    Client().get(address)
    alices.post(f"{base}/links/{alices.get(f'{base}/links').context['links'][0].pk}/end")
    invited = alices.post(f"{base}/invitations", {"role": "viewer"}).context
    guest = Client()
    guest.get(invited["address"])
    guest.post("/join", {"username": "dora", "password1": PASSWORD, "password2": PASSWORD})
    assert written() == [
        ("person-added", "alice", "charlie, viewer of Holidays"),
        ("role-changed", "alice", "charlie, editor of Holidays"),
        ("person-removed", "alice", "charlie, editor of Holidays"),
        ("link-made", "alice", "Lyon, to Holidays"),
        ("link-opened", "", "Lyon, to Holidays"),
        ("link-ended", "alice", "Lyon, to Holidays"),
        ("invited", "alice", "viewer of Holidays"),
        ("joined", "dora", "viewer of Holidays"),
        ("signed-in", "dora", ""),
    ]


def test_deleting_for_good_by_whatever_way(alices, film, library, settings):
    alices.post(f"/v/{film.pk}/delete")
    assert written() == []  # in the trash nothing is lost
    alices.post(f"/v/{film.pk}/delete-for-good")
    other = add_video(library, stored_space(), [showing("dog")] * 2, title="Other")
    alices.post(f"/v/{other.pk}/delete")
    alices.post(f"/library/{library.pk}/trash/empty")
    settings.TRASH_DAYS = 0
    third = add_video(library, stored_space(), [showing("dog")] * 2, title="Third")
    alices.delete(f"/api/v1/videos/{third.pk}")
    assert written() == [
        ("deleted", "alice", "Film, in Holidays"),
        ("deleted", "alice", "Holidays: 1 in the trash"),
        ("deleted", "alice", "Third, in Holidays"),
    ]


def test_exports_without_the_words_that_were_searched_for(alices, film):
    alices.get(f"/v/{film.pk}/moments.csv?q=dog&at_least=50")
    alices.get(f"/v/{film.pk}/segments.vtt")
    alices.get(f"/v/{film.pk}/segments.json")
    alices.get("/search?q=dog")
    assert written() == [
        ("exported", "alice", "moments.csv of Film"),
        ("exported", "alice", "segments.vtt of Film"),
        ("exported", "alice", "segments.json of Film"),
    ]


def test_a_deed_that_is_taken_back_is_not_written(film):
    with transaction.atomic():
        video_delete(video=film)
        transaction.set_rollback(True)
    assert written() == []


@pytest.mark.parametrize("change", ["UPDATE webapp_auditentry SET person = ''", "DELETE FROM webapp_auditentry"])
def test_the_database_itself_refuses_to_change_a_row(alice, change):
    record(Kind.SIGNED_IN, person=alice)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert len(written()) == 1


def test_what_somebody_did_stays_when_their_account_goes(alice):
    record(Kind.KEY_MADE, "Backup", person=alice)
    alice.delete()
    assert written() == [("key-made", "alice", "Backup")]


def test_the_sweeper_forgets_what_is_older_than_its_time(alice, settings, monkeypatch):
    settings.AUDIT_DAYS = 30
    now = timezone.now()
    for age in (31, 29):
        monkeypatch.setattr(timezone, "now", lambda age=age: now - timedelta(days=age))
        record(Kind.KEY_MADE, f"{age} days old", person=alice)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert audit_sweep() == 1
    assert written() == [("key-made", "alice", "29 days old")]


def test_the_operator_reads_all_of_it_by_person_and_by_deed(alice, bob):
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client = Client()
    client.force_login(alice)
    audit_clear()
    for n in range(60):
        record(Kind.KEY_MADE, f"number {n}", person=bob)
    record(Kind.SIGNED_OUT, person=alice)
    page = client.get("/operate/audit")
    assert page.context["page"].paginator.num_pages == 2
    assert "number 59" in page.content.decode()
    second = client.get("/operate/audit?person=bob&page=2").content.decode()
    assert "number 0<" in second
    assert "?person=bob&amp;page=1" in second
    assert [e.kind for e in client.get("/operate/audit?kind=signed-out").context["page"]] == ["signed-out"]
    assert client.get("/operate/audit?kind=nonsense").status_code == 200


def test_a_person_reads_what_was_done_in_their_own_name(alices, alice, bob):
    record(Kind.KEY_MADE, "mine", person=alice)
    record(Kind.KEY_MADE, "his", person=bob)
    page = alices.get("/account/activity").content.decode()
    assert "mine" in page
    assert "his" not in page.split("<main")[1].split("</main")[0].replace("this", "")
    assert alices.get("/operate/audit").status_code == 404
