"""Sign in, sign out, and the one visit that makes the first account."""

import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from indexer.models import Library, Membership
from webapp.pages.accounts.first import first_account_create

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


def set_up(client: Client, **changes: str):
    form = {"username": "alice", "password1": PASSWORD, "password2": PASSWORD} | changes
    return client.post("/setup", form)


def test_it_leads_the_first_visitor_to_setup(client):
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/setup"


def test_it_creates_the_first_account_and_signs_it_in(client):
    samples = Library.objects.create(name="Samples", is_sample=True)
    assert set_up(client)["Location"] == "/"
    assert client.get("/").status_code == 200
    user = User.objects.get()
    assert {m.library.name for m in user.memberships.all()} == {"My videos", samples.name}
    assert {m.role for m in user.memberships.all()} == {Membership.Role.OWNER}


def test_it_refuses_a_short_password_and_makes_nothing(client):
    page = set_up(client, password1="short", password2="short")
    assert "at least 12 characters" in page.content.decode()
    assert not User.objects.exists()


def test_it_takes_128_characters_of_any_kind_and_no_more(client):
    assert "too long" in set_up(client, password1="é" * 129, password2="é" * 129).content.decode()
    assert set_up(client, password1="é 🐕" * 42, password2="é 🐕" * 42)["Location"] == "/"


def test_it_closes_setup_once_an_account_exists(client, alice):
    assert client.get("/setup")["Location"] == "/sign-in"
    assert set_up(client, username="mallory")["Location"] == "/sign-in"
    assert not User.objects.filter(username="mallory").exists()


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_account_when_two_visitors_race():
    made: list[User | None] = []
    start = threading.Barrier(2)

    def visit(name: str) -> None:
        start.wait()
        made.append(first_account_create(username=name, password=PASSWORD))
        connection.close()

    visitors = [threading.Thread(target=visit, args=(name,)) for name in ("alice", "mallory")]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert made.count(None) == 1
    assert User.objects.count() == 1
    assert Library.objects.count() == 1


def test_it_signs_in_and_returns_to_the_page_asked_for(client, alice):
    assert client.get("/help")["Location"] == "/sign-in?next=/help"
    answer = client.post("/sign-in", {"username": "alice", "password": PASSWORD, "next": "/help"})
    assert answer["Location"] == "/help"


def test_it_never_leads_to_another_site_after_signing_in(client, alice):
    answer = client.post("/sign-in", {"username": "alice", "password": PASSWORD, "next": "https://example.com/"})
    assert answer["Location"] == "/"


def test_it_says_one_sentence_for_a_wrong_name_and_for_a_wrong_password(client, alice):
    for form in ({"username": "nobody", "password": PASSWORD}, {"username": "alice", "password": "wrong"}):
        assert "do not belong together" in client.post("/sign-in", form).content.decode()


def test_it_signs_out_only_by_a_button(client, alice):
    client.force_login(alice)
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/").status_code == 302
