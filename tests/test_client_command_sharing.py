"""`seekframe people`, `invitations` and `links`: a library shared from the command line, and what is refused."""

import json

import pytest
from django.test import Client

from indexer.models import Library, Membership
from seekframe_client import command
from tests.api_world import address, secret_of
from tests.test_client_command import run

__all__ = ["address", "run"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_people_are_added_changed_listed_and_removed(run, library: Library, charlie) -> None:
    before = run("people")[1]
    assert "owner   alice\n" in before
    assert run("people", "--add", "charlie") == (0, "viewer  charlie\n", "")
    assert run("people", "--change", "charlie", "--role", "editor", "--library", library.name)[1] == "editor  charlie\n"
    assert Membership.objects.get(user=charlie).role == "editor"
    assert {"username": "charlie", "user_id": charlie.pk, "role": "editor"} in json.loads(run("people", "--json")[1])
    assert run("people", "--remove", "charlie")[:2] == (0, "Removed.\n")
    assert run("people")[1] == before


def test_what_cannot_be_done_to_people_is_told(run, library: Library, charlie) -> None:
    for words, sentence in (
        (("--add", "zoe"), "Nobody here has the name zoe."),
        (("--add", "alice"), "alice is a member already."),
        (("--remove", "charlie"), "Nobody with the name 'charlie' belongs to Holidays. There are: alice, bob"),
        (("--remove", "alice"), "A library needs an owner, and alice is the only one."),
        (("--change", "alice"), "Say which role alice shall have: --role owner, editor, viewer."),
        (("--role", "viewer"), "--role goes with --add or --change."),
        (("--library", "x"), "There is no library 'x'. There are: Holidays"),
    ):
        status, out, err = run("people", *words)
        assert (status, out, err.startswith(sentence)) == (2, "", True), err


def test_a_member_sees_the_others_and_leaves_but_changes_nobody(run, library: Library, charlie, monkeypatch) -> None:
    Membership.objects.create(library=library, user=charlie, role="viewer")
    monkeypatch.setenv("SEEKFRAME_KEY", secret_of(charlie))
    assert "viewer  charlie\n" in run("people", "--library", library.name)[1]
    refused = run("people", "--library", library.name, "--remove", "alice")
    assert refused == (2, "", "Only an owner of this library may do this.\n")
    assert run("links", "--library", library.name) == refused
    assert run("people", "--library", library.name, "--remove", "charlie")[0] == 0
    assert not Membership.objects.filter(user=charlie).exists()


def test_a_link_is_made_opened_listed_and_ended(run, library: Library) -> None:
    made = json.loads(run("links", "--make", "Lyon", "--days", "1", "--json")[1])[0]
    assert Client().get(made["address"]).status_code == 302
    until, today = made["ends_at"][:10], made["created_at"][:10]
    assert run("links") == (0, f"{made['id']}  until {until}  Lyon  opened 1 time, last on {today}\n", "")
    assert run("links", "--end", str(made["id"]))[:2] == (0, "Ended.\n")
    assert Client().get(made["address"]).status_code == 404
    assert run("links") == (0, "", "")
    assert run("links", "--ended")[1].startswith(f"{made['id']}  ended {today}  Lyon  opened 1 time")
    second = run("links", "--make", "The team", "--library", str(library.pk))[1]
    assert Client().get(second.split()[-1]).status_code == 302
    assert run("links", "--days", "7")[2] == "--days goes with --make.\n"
    assert run("links", "--end", "0")[0] == 2


def test_an_invitation_is_made_listed_and_withdrawn(run, library: Library, charlie) -> None:
    key, role, *_, door = run("invitations", "--make", "editor")[1].split()
    assert role == "editor"
    listed = run("invitations")[1]
    assert (listed.startswith(f"{key}  editor  until 20"), listed.endswith("  made by alice\n")) == (True, True)
    person = Client()
    person.force_login(charlie)
    person.get(door, follow=True)
    assert Membership.objects.get(user=charlie).role == "editor"
    assert run("invitations", "--withdraw", key)[0] == 2  # somebody has used it
    made = json.loads(run("invitations", "--make", "viewer", "--json")[1])[0]
    assert run("invitations", "--withdraw", str(made["id"]), "--json")[:2] == (0, "null\n")
    assert Client().get(made["address"]).status_code == 404
    assert run("invitations", "--json")[1] == "[]\n"


def test_a_key_that_may_only_read_shares_nothing(run, library: Library, alice, monkeypatch) -> None:
    monkeypatch.setenv("SEEKFRAME_KEY", secret_of(alice, "read"))
    for words in (("people", "--add", "charlie"), ("links", "--make", "x"), ("invitations", "--make", "viewer")):
        assert "This key may only read." in run(*words)[2]


def test_two_deeds_at_once_are_refused(capsys) -> None:
    with pytest.raises(SystemExit) as left:
        command.run(["people", "--add", "bob", "--remove", "bob"])
    assert left.value.code == 2
    assert "not allowed with argument --add" in capsys.readouterr().err
