"""Links that end: what a guest may do, how a link stops, and that its secret stays one."""

import json
import logging
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from indexer.models import Library, Membership, Video
from indexer.selectors import Guest, can_edit, can_share, can_view, is_member, libraries_editable_by, role_of
from tests.search_world import FakeEngine, add_video, showing, stored_space
from webapp import logs
from webapp.sharing import tries
from webapp.sharing.models import ShareLink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    cache.clear()  # wrong links are counted there
    for module in ("search", "video", "ask", "examples"):
        monkeypatch.setattr(f"webapp.pages.{module}.engine", FakeEngine)


@pytest.fixture
def film(library: Library) -> Video:
    film = add_video(library, stored_space(), [*[showing("snow")] * 5, *[showing("dog")] * 3], title="Our dog")
    Video.objects.update(indexed_at=film.created_at)
    return film


@pytest.fixture
def elsewhere(film: Video) -> Video:
    """A video that shows the same, in a library the link does not open."""
    other = Library.objects.create(name="Private")
    return add_video(other, film.segments.first().space, [showing("dog", 0.95)] * 4, title="Secret dog")


@pytest.fixture
def address(as_alice, library: Library) -> str:
    page = as_alice.post(f"/library/{library.pk}/links", {"name": "Grandparents", "days": "7"}).content.decode()
    return page.split('<code class="secret">')[1].split("<")[0].removeprefix("http://testserver")


@pytest.fixture
def guest(address: str, film: Video) -> Client:
    client = Client()
    assert client.get(address).status_code == 302
    return client


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_a_link_leads_to_its_library_and_leaves_the_address(address, film, library):
    client = Client()
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    home = text(client.get("/"))
    assert "Shared with you: Holidays, until" in home
    assert "Our dog" in home
    for word in ("Upload", "Keys for programs", "Sign out", "picture-search"):
        assert word not in home


def test_a_guest_looks_searches_and_asks(guest, film, elsewhere, library):
    found = text(guest.get("/search?q=dog"))
    assert "Our dog" in found
    assert "Secret dog" not in found
    assert "in Holidays: 1 moment" in found
    assert "Save this search" not in found
    assert guest.get(f"/search?like={film.pk}@11").status_code == 200
    page = text(guest.get(f"/v/{film.pk}?q=dog"))
    for word in ("Search this frame", "Rename", "Write captions"):
        assert word not in page
    asked = {"question": "what is it?", "answers": "dog, cat", "t": "12"}
    assert "dog" in text(guest.post(f"/v/{film.pk}/ask", asked))
    assert guest.post(f"/v/{elsewhere.pk}/ask", asked).status_code == 404
    shown = text(guest.get(f"/library/{library.pk}"))
    for word in ("People", "Labels", "Upload", "All libraries"):
        assert word not in shown


def test_a_guest_is_a_viewer_of_one_library_and_nobody_elsewhere(library, alice):
    samples = Library.objects.create(name="Samples", is_sample=True)
    guest = Guest(library, timezone.now())
    assert [role_of(guest, library), role_of(guest, samples)] == ["viewer", None]
    assert [can_view(guest, library), can_edit(guest, library), can_share(guest, library)] == [True, False, False]
    assert not is_member(guest, library)
    assert not libraries_editable_by(guest).exists()
    assert not guest.is_authenticated


def test_the_samples_are_closed_unless_they_are_what_is_shared(guest, alice, film):
    samples = Library.objects.create(name="Samples", is_sample=True)
    Membership.objects.create(library=samples, user=alice, role="owner")
    assert guest.get(f"/library/{samples.pk}").status_code == 404
    ShareLink.objects.update(library=samples)
    assert guest.get(f"/library/{samples.pk}").status_code == 200


def ended(link: ShareLink) -> None:
    owner = Client()
    owner.force_login(User.objects.get(username="alice"))
    assert "has ended" in text(owner.post(f"/library/{link.library_id}/links/{link.pk}/end", follow=True))


def expired(link: ShareLink) -> None:
    ShareLink.objects.update(ends_at=timezone.now() - timedelta(seconds=1))


def deleted(link: ShareLink) -> None:
    link.delete()


def maker_left(link: ShareLink) -> None:
    Membership.objects.filter(user=link.made_by).delete()


def maker_demoted(link: ShareLink) -> None:
    Membership.objects.filter(user=link.made_by).update(role="editor")


def maker_switched_off(link: ShareLink) -> None:
    User.objects.filter(pk=link.made_by_id).update(is_active=False)


@pytest.mark.parametrize("ending", [ended, expired, deleted, maker_left, maker_demoted, maker_switched_off])
def test_a_link_that_ended_stops_at_once_for_who_is_inside(guest, address, film, ending):
    assert guest.get(f"/v/{film.pk}").status_code == 200
    ending(ShareLink.objects.get())
    for path in (f"/v/{film.pk}", "/", "/search?q=dog", f"/v/{film.pk}/segments.json", f"/media/{film.pk}/play"):
        answer = guest.get(path)
        assert answer.status_code == 404
        assert "This link opens nothing, or nothing any more." in text(answer)
    assert guest.post(f"/v/{film.pk}/ask", {"question": "a dog?"}).status_code == 404
    assert guest.get("/sign-in").status_code == 200  # who has an account still comes in
    assert guest.get(address).status_code == 404


def test_wrong_ended_and_expired_links_have_one_answer(as_alice, address, library):
    def body(path: str) -> tuple[int, str]:
        answer = Client().get(path, headers={"X-Request-ID": "same-id-000"})
        assert answer["Referrer-Policy"] == "no-referrer"
        return answer.status_code, re.sub(r'value="\w{64}"', "", text(answer).split("<main")[1])  # CSRF tokens

    ShareLink.objects.update(ends_at=timezone.now() - timedelta(days=1))
    answers = {body(path) for path in (address, "/s/wrong", f"/join/{'x' * 43}", "/join")}
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


def test_a_session_that_was_planted_before_is_worth_nothing_after(address, film):
    client = Client()
    planted = client.session
    planted["at_least"] = 50
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    client.get(address)
    assert client.cookies["sessionid"].value != planted.session_key
    attacker = Client()
    attacker.cookies["sessionid"] = planted.session_key
    assert attacker.get("/").status_code == 302


def test_the_secret_is_stored_nowhere_and_shown_once(as_alice, address, library, guest):
    secret = address.split("/")[-1]
    assert len(secret) == 43
    assert secret not in str(ShareLink.objects.values())
    assert secret not in str(dict(guest.session))
    assert secret not in text(as_alice.get(f"/library/{library.pk}/links"))


def test_the_secret_is_in_no_line_of_the_log(address, caplog):
    caplog.set_level(logging.DEBUG)
    secret = address.split("/")[-1]
    for path in (address, f"{address}/", f"/join/{secret}", f"/s/{secret}x"):
        Client().get(path)
    lines = [logs.JsonFormatter().format(record) for record in caplog.records]
    assert any(json.loads(line).get("path") == "/s/..." for line in lines)
    assert not [line for line in lines if secret in line]


def test_an_error_of_the_server_does_not_log_the_secret_either(address, caplog, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("the database is on fire")

    monkeypatch.setattr("webapp.sharing.doors.link_of", broken)
    assert Client(raise_request_exception=False).get(address).status_code == 500
    lines = [logs.JsonFormatter().format(record) for record in caplog.records]
    assert any("on fire" in line for line in lines)
    assert not [line for line in lines if address.split("/")[-1] in line]


def test_the_list_says_when_it_ends_and_how_often_it_was_used(as_alice, address, library, film):
    links = f"/library/{library.pk}/links"
    assert "never opened" in text(as_alice.get(links))
    for _ in range(2):
        Client().get(address)
    (link,) = ShareLink.objects.all()
    page = text(as_alice.get(links))
    assert "Grandparents" in page
    assert "opened 2 times, last used 0" in page
    assert 6 <= (link.ends_at - timezone.now()).days <= 7
    as_alice.post(f"{links}/{link.pk}/end")
    page = text(as_alice.get(links))
    assert "End now" not in page
    assert "opened 2 times" in page


def test_looking_counts_as_use_and_is_written_once_a_minute(guest, film):
    ShareLink.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    guest.get("/")
    (link,) = ShareLink.objects.all()
    assert timezone.now() - link.seen_at < timedelta(minutes=1)
    seen_at = link.seen_at
    guest.get("/")
    link.refresh_from_db()
    assert (link.seen_at, link.n_opened) == (seen_at, 1)


@pytest.mark.parametrize("sent", [{"name": "", "days": "7"}, {"name": "a", "days": "365"}, {"name": "a"}])
def test_a_link_has_a_name_and_an_end(as_alice, library, sent):
    assert as_alice.post(f"/library/{library.pk}/links", sent).status_code == 400
    assert not ShareLink.objects.exists()


def test_an_owner_ends_only_links_of_the_own_library(address, charlie):
    (link,) = ShareLink.objects.all()
    other = Library.objects.create(name="Other")
    Membership.objects.create(library=other, user=charlie, role="owner")
    hers = Client()
    hers.force_login(charlie)
    assert hers.post(f"/library/{other.pk}/links/{link.pk}/end").status_code == 404
    link.refresh_from_db()
    assert link.ends_at > timezone.now()


def test_opening_is_limited_by_address(address, monkeypatch):
    monkeypatch.setattr(tries, "MOST", 3)
    assert [Client().get(f"/s/{n}").status_code for n in range(4)] == [404, 404, 404, 429]
    refused = Client().get(address)
    assert (refused.status_code, refused["Retry-After"]) == (429, "900")
    assert Client().get("/join/x").status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").get(address).status_code == 302


def test_a_member_who_opens_it_is_led_to_the_library(address, bob, library):
    his = Client()
    his.force_login(bob)
    assert his.get(address)["Location"] == f"/library/{library.pk}"
    assert "Sign out" in text(his.get("/"))
    assert ShareLink.objects.get().n_opened == 0


def test_nobody_is_signed_out_by_opening_a_link(address, charlie, film):
    hers = Client()
    hers.force_login(charlie)
    offer = hers.get(address, follow=True)
    assert "You are signed in as charlie" in text(offer)
    assert hers.get(f"/v/{film.pk}").status_code == 404
    before = hers.session.session_key
    assert hers.post("/shared", follow=True).status_code == 200
    assert hers.get(f"/v/{film.pk}").status_code == 200
    assert hers.get("/keys").status_code == 302
    assert hers.session.session_key != before
    other = Client()
    other.force_login(charlie)
    assert other.get("/shared").status_code == 404


def test_a_guest_who_signs_in_is_that_person_and_a_guest_no_more(guest, charlie, film):
    guest.post("/sign-in", {"username": "charlie", "password": "correct horse battery"})
    assert guest.get(f"/v/{film.pk}").status_code == 404
    assert "Shared with you" not in text(guest.get("/"))
    guest.post("/sign-out")
    assert guest.get(f"/v/{film.pk}").status_code == 302  # signing out forgets the link as well


def test_an_empty_library_says_so_to_a_guest(address, library):
    client = Client()
    client.get(address)
    assert "There is no video in Holidays yet." in text(client.get("/"))
