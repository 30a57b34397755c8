"""Sharing by the API and the client: who may, what the last owner may not, and that a secret is said once."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from indexer.models import Library, Membership
from tests.test_api import caller
from webapp.sharing.models import Invitation, ShareLink

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()  # rates are counted there


def of(library: Library, rest: str) -> str:
    return f"/api/v1/libraries/{library.pk}/{rest}"


def roles(program: Client, library: Library) -> dict[str, str]:
    return {row["username"]: row["role"] for row in program.get(of(library, "people")).json()["items"]}


def test_people_come_change_and_go(alice, charlie, library) -> None:
    program = caller(alice, "write")
    made = program.post(of(library, "people"), {"username": "charlie", "role": "viewer"}, JSON)
    assert (made.status_code, made.json()["user_id"]) == (201, charlie.pk)
    again = program.post(of(library, "people"), {"username": "charlie", "role": "editor"}, JSON)
    assert (again.status_code, "is a member already" in again.json()["detail"]) == (409, True)
    nobody = program.post(of(library, "people"), {"username": "zoe", "role": "editor"}, JSON)
    assert (nobody.status_code, "Nobody here has the name zoe" in nobody.json()["detail"]) == (409, True)
    one = of(library, f"people/{charlie.pk}")
    assert program.patch(one, {"role": "editor"}, JSON).json()["role"] == "editor"
    assert roles(caller(charlie), library)["charlie"] == "editor"
    assert program.delete(one).status_code == 204
    assert program.delete(one).status_code == program.patch(one, {"role": "owner"}, JSON).status_code == 404
    assert program.post(of(library, "people"), {"username": "bob", "role": "king"}, JSON).status_code == 422


def test_the_last_owner_stays_and_anyone_else_leaves(alice, charlie, library) -> None:
    Membership.objects.create(library=library, user=charlie, role="viewer")
    mine = of(library, f"people/{alice.pk}")
    program = caller(alice, "write")
    for refused in (program.delete(mine), program.patch(mine, {"role": "viewer"}, JSON)):
        assert (refused.status_code, refused["Content-Type"]) == (409, "application/problem+json")
        assert "the only one" in refused.json()["detail"]
    assert caller(charlie, "write").delete(mine).status_code == 403
    assert caller(charlie, "write").delete(of(library, f"people/{charlie.pk}")).status_code == 204
    assert roles(program, library).get("alice") == "owner"


def test_a_key_that_reads_shares_nothing(alice, library) -> None:
    for rest, sent in (("links", {"name": "x"}), ("invitations", {"role": "owner"})):
        assert caller(alice).post(of(library, rest), sent, JSON).status_code == 403
    assert not ShareLink.objects.exists()
    assert not Invitation.objects.exists()


def test_an_invitation_lets_in_once_and_is_told_once(alice, charlie, library) -> None:
    program = caller(alice, "write")
    made = program.post(of(library, "invitations"), {"role": "editor"}, JSON)
    assert (made.status_code, "no-store" in made["Cache-Control"]) == (201, True)
    listed = program.get(of(library, "invitations")).json()
    assert listed["items"] == [{key: value for key, value in made.json().items() if key != "address"}]
    person = Client()
    person.force_login(charlie)
    person.get(made.json()["address"], follow=True)
    assert roles(program, library)["charlie"] == "editor"
    gone = of(library, f"invitations/{made.json()['id']}")
    assert program.delete(gone).status_code == 404
    other = program.post(of(library, "invitations"), {"role": "viewer"}, JSON).json()
    assert program.delete(of(library, f"invitations/{other['id']}")).status_code == 204
    assert Client().get(other["address"]).status_code == 404


def test_a_link_opens_until_it_is_ended(alice, library) -> None:
    program = caller(alice, "write")
    made = program.post(of(library, "links"), {"name": "Lyon", "days": 1}, JSON).json()
    assert Client().get(made["address"]).status_code == 302
    (listed,) = program.get(of(library, "links")).json()["items"]
    assert (listed["name"], listed["n_opened"], listed["made_by"], "address" in listed) == ("Lyon", 1, "alice", False)
    assert program.delete(of(library, f"links/{made['id']}")).status_code == 204
    assert Client().get(made["address"]).status_code == 404
    assert program.get(of(library, "links")).json()["count"] == 0
    assert program.get(of(library, "links"), {"ended": "true"}).json()["items"][0]["id"] == made["id"]
    assert program.post(of(library, "links"), {"name": "Lyon", "days": 400}, JSON).status_code == 422


def test_a_link_of_another_library_is_not_there(alice, library) -> None:
    program = caller(alice, "write")
    made = program.post(of(library, "links"), {"name": "Lyon"}, JSON).json()
    other = Library.objects.create(name="Other")
    Membership.objects.create(library=other, user=User.objects.get(pk=alice.pk), role="owner")
    assert program.delete(of(other, f"links/{made['id']}")).status_code == 404
    assert json.dumps(program.get(of(other, "links")).json()) == '{"items": [], "count": 0}'


def test_who_makes_a_key_is_told_that_it_shares_where_it_does(as_alice, library) -> None:
    page = as_alice.get("/keys").content.decode()
    assert "and share your libraries</option>" in page
    assert "can also add people to the libraries that you own, and make links into them." in page
    made = as_alice.post("/keys", {"name": "Backup", "scope": "write", "days": "30"}).context["secret"]
    program = Client(headers={"Authorization": f"Bearer {made}"})
    assert program.post(of(library, "links"), {"name": "Lyon"}, JSON).status_code == 201
    german = as_alice.get("/keys", headers={"accept-language": "de"}).content.decode()
    assert "und deine Bibliotheken freigeben</option>" in german
