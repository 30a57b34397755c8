"""The people of a library: who sees them, who changes them, and how somebody new comes in."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from indexer.models import Library, Membership
from webapp.sharing import services
from webapp.sharing.models import Invitation
from webapp.sharing.services import NotDone

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NEWCOMER = {"username": "dora", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()  # wrong links are counted there


@pytest.fixture
def people(library: Library) -> str:
    return f"/library/{library.pk}/people"


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def role(library: Library, person: User) -> str | None:
    found = Membership.objects.filter(library=library, user=person).first()
    return found.role if found else None


def test_members_see_who_belongs_and_only_owners_can_change_it(as_alice, bob, people):
    page = text(as_alice.get(people))
    assert "alice" in page
    assert "Add a person" in page
    page = text(browser(bob).get(people))
    assert "alice" in page
    assert "Add a person" not in page
    assert "Change" not in page


def test_the_library_page_leads_there_for_members_alone(as_alice, charlie, library, people):
    assert people in text(as_alice.get(f"/library/{library.pk}"))
    assert browser(charlie).get(people).status_code == 404
    samples = Library.objects.create(name="Samples", is_sample=True)
    Membership.objects.create(library=samples, user=charlie, role="owner")
    assert "/people" not in text(as_alice.get(f"/library/{samples.pk}"))
    assert as_alice.get(f"/library/{samples.pk}/people").status_code == 404  # the samples tell nobody's name


def test_an_owner_adds_a_person_by_name(as_alice, charlie, library, people):
    as_alice.post(people, {"username": "charlie", "role": "editor"})
    assert role(library, charlie) == "editor"
    assert browser(charlie).get(f"/library/{library.pk}").status_code == 200


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"username": "nobody", "role": "viewer"}, "Nobody here has the name nobody"),
        ({"username": "asleep", "role": "viewer"}, "Nobody here has the name asleep"),
        ({"username": "bob", "role": "viewer"}, "bob is a member already"),
        ({"username": "charlie", "role": "king"}, "not one of the available choices"),
        ({"username": "", "role": "viewer"}, "required"),
    ],
)
def test_what_cannot_be_added_is_refused_with_a_sentence(as_alice, charlie, library, people, sent, says):
    User.objects.create_user("asleep", is_active=False)
    answer = as_alice.post(people, sent)
    assert answer.status_code == 400
    assert says in text(answer)
    assert library.memberships.count() == 2


def test_an_owner_changes_a_role_and_removes_a_person(as_alice, bob, library, people):
    as_alice.post(f"{people}/{bob.pk}/role", {"role": "editor"})
    assert role(library, bob) == "editor"
    assert "not a role" in text(as_alice.post(f"{people}/{bob.pk}/role", {"role": "king"}, follow=True))
    assert "bob is no longer a member" in text(as_alice.post(f"{people}/{bob.pk}/remove", follow=True))
    assert browser(bob).get(f"/library/{library.pk}").status_code == 404
    assert "no longer a member" in text(as_alice.post(f"{people}/{bob.pk}/remove", follow=True))


@pytest.mark.parametrize("member_role", ["viewer", "editor"])
def test_who_is_no_owner_changes_nothing_but_may_leave(alice, bob, library, people, member_role):
    Membership.objects.filter(user=bob).update(role=member_role)
    his = browser(bob)
    refused = [
        his.post(people, {"username": "charlie", "role": "owner"}),
        his.post(f"{people}/{bob.pk}/role", {"role": "owner"}),
        his.post(f"{people}/{alice.pk}/remove"),
        his.post(f"/library/{library.pk}/invitations", {"role": "viewer"}),
        his.post(f"/library/{library.pk}/invitations/1/withdraw"),
        his.get(f"/library/{library.pk}/links"),
        his.post(f"/library/{library.pk}/links", {"name": "x", "days": "1"}),
        his.post(f"/library/{library.pk}/links/1/end"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert role(library, bob) == member_role
    assert "You have left Holidays" in text(his.post(f"{people}/{bob.pk}/remove", follow=True))
    assert role(library, bob) is None


def test_a_stranger_finds_none_of_it(charlie, alice, library, people):
    hers = browser(charlie)
    for address in (people, f"{people}/{alice.pk}/role", f"{people}/{alice.pk}/remove"):
        assert hers.post(address, {"role": "owner", "username": "charlie"}).status_code == 404
    assert hers.post(f"/library/{library.pk}/invitations", {"role": "owner"}).status_code == 404
    assert hers.get(f"/library/{library.pk}/links").status_code == 404


def test_the_last_owner_stays_and_is_told_why(as_alice, alice, bob, library, people):
    why = "A library needs an owner, and alice is the only one."
    assert why in text(as_alice.post(f"{people}/{alice.pk}/remove", follow=True))
    assert why in text(as_alice.post(f"{people}/{alice.pk}/role", {"role": "viewer"}, follow=True))
    assert role(library, alice) == "owner"
    as_alice.post(f"{people}/{bob.pk}/role", {"role": "owner"})
    bob.is_active = False
    bob.save()
    assert why in text(as_alice.post(f"{people}/{alice.pk}/remove", follow=True))  # he could not take over
    bob.is_active = True
    bob.save()
    as_alice.post(f"{people}/{alice.pk}/remove")
    assert role(library, alice) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(alice, bob, library):
    Membership.objects.update(role="owner")
    start, refused = threading.Barrier(2), []

    def leave(person: User) -> None:
        start.wait()
        try:
            services.person_remove(library=library, user_id=person.pk)
        except NotDone as problem:
            refused.append(str(problem))
        connection.close()

    leavers = [threading.Thread(target=leave, args=(person,)) for person in (alice, bob)]
    for leaver in leavers:
        leaver.start()
    for leaver in leavers:
        leaver.join()
    assert len(refused) == 1
    assert library.memberships.filter(role="owner").count() == 1


# Invitations.


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_an_invitation_at_once_one_comes_in(alice, library):
    invitation, _ = services.invitation_make(library=library, made_by=alice, role="viewer")
    start, made = threading.Barrier(2), []

    def come(name: str) -> None:
        start.wait()
        made.append(services.newcomer_create(invitation=invitation, username=name, password=PASSWORD))
        connection.close()

    newcomers = [threading.Thread(target=come, args=(name,)) for name in ("dora", "eve")]
    for newcomer in newcomers:
        newcomer.start()
    for newcomer in newcomers:
        newcomer.join()
    assert made.count(None) == 1
    assert User.objects.filter(username__in=["dora", "eve"]).count() == 1
    assert library.memberships.count() == 3


def test_a_name_that_was_taken_meanwhile_makes_nothing(alice, library):
    invitation, _ = services.invitation_make(library=library, made_by=alice, role="viewer")
    assert services.newcomer_create(invitation=invitation, username="alice", password=PASSWORD) is None
    assert Invitation.objects.get().used_at is None


def invited(as_owner: Client, library: Library, invited_as: str = "viewer") -> str:
    page = text(as_owner.post(f"/library/{library.pk}/invitations", {"role": invited_as}))
    return page.split('<code class="secret">')[1].split("<")[0].removeprefix("http://testserver")


def test_a_newcomer_makes_an_account_and_is_a_member(as_alice, library, people):
    address = invited(as_alice, library, "editor")
    assert address not in text(as_alice.get(people))
    newcomer = Client()
    answer = newcomer.get(address)
    assert (answer.status_code, answer["Location"], answer["Referrer-Policy"]) == (302, "/join", "no-referrer")
    assert "alice invites you, as editor" in text(newcomer.get("/join"))
    answer = newcomer.post("/join", NEWCOMER, follow=True)
    assert "You are a member of Holidays, as editor." in text(answer)
    assert role(library, User.objects.get(username="dora")) == "editor"
    assert Client().post("/sign-in", {"username": "dora", "password": PASSWORD})["Location"] == "/"
    assert not User.objects.get(username="dora").is_staff


def test_an_invitation_works_once_and_only_the_hash_of_it_is_stored(as_alice, library):
    address = invited(as_alice, library)
    assert address.split("/")[-1] not in str(Invitation.objects.values())
    first, second = Client(), Client()
    for newcomer in (first, second):
        newcomer.get(address)
    first.post("/join", NEWCOMER)
    late = second.post("/join", NEWCOMER | {"username": "eve"})
    assert (late.status_code, User.objects.filter(username="eve").exists()) == (404, False)
    assert Client().get(address).status_code == 404


def test_a_bad_password_or_a_taken_name_uses_nothing_up(as_alice, library):
    newcomer = Client()
    newcomer.get(invited(as_alice, library))
    assert "at least 12 characters" in text(
        newcomer.post("/join", NEWCOMER | dict.fromkeys(("password1", "password2"), "x"))
    )
    assert "already exists" in text(newcomer.post("/join", NEWCOMER | {"username": "bob"}))
    assert newcomer.post("/join", NEWCOMER)["Location"] == f"/library/{library.pk}"


def test_somebody_signed_in_simply_joins(as_alice, charlie, library):
    answer = browser(charlie).get(invited(as_alice, library), follow=True)
    assert "You are a member of Holidays, as viewer." in text(answer)
    assert role(library, charlie) == "viewer"


def test_a_newcomer_who_has_an_account_signs_in_and_joins(as_alice, charlie, library):
    hers = Client()
    hers.get(invited(as_alice, library))
    assert "/sign-in?next=/join" in text(hers.get("/join"))
    hers.post("/sign-in?next=/join", {"username": "charlie", "password": PASSWORD, "next": "/join"})
    assert hers.get("/join")["Location"] == f"/library/{library.pk}"
    assert role(library, charlie) == "viewer"


def test_a_member_keeps_the_role_and_the_invitation(as_alice, alice, library):
    address = invited(as_alice, library)
    assert "as owner" in text(as_alice.get(address, follow=True))
    assert role(library, alice) == "owner"
    assert Client().get(address).status_code == 302


def expired(invitation: Invitation) -> None:
    Invitation.objects.update(ends_at=timezone.now() - timedelta(seconds=1))


def withdrawn(invitation: Invitation) -> None:
    assert services.invitation_withdraw(library=invitation.library, invitation_id=invitation.pk)


def maker_demoted(invitation: Invitation) -> None:
    Membership.objects.filter(user=invitation.made_by).update(role="editor")


def maker_switched_off(invitation: Invitation) -> None:
    User.objects.filter(pk=invitation.made_by_id).update(is_active=False)


@pytest.mark.parametrize("ending", [expired, withdrawn, maker_demoted, maker_switched_off])
def test_an_invitation_that_ended_lets_nobody_in_who_opened_it_before(as_alice, library, ending):
    address = invited(as_alice, library)
    newcomer = Client()
    newcomer.get(address)
    ending(Invitation.objects.get())
    assert newcomer.post("/join", NEWCOMER).status_code == 404
    assert Client().get(address).status_code == 404
    assert not User.objects.filter(username="dora").exists()


def test_an_owner_sees_what_waits_and_withdraws_it(as_alice, library, people):
    invited(as_alice, library, "editor")
    (invitation,) = Invitation.objects.all()
    assert 6 <= (invitation.ends_at - timezone.now()).days <= 7
    assert "not used yet, by alice" in text(as_alice.get(people))
    withdraw = f"/library/{library.pk}/invitations/{invitation.pk}/withdraw"
    assert "is withdrawn" in text(as_alice.post(withdraw, follow=True))
    assert "nothing to withdraw" in text(as_alice.post(withdraw, follow=True))
    assert as_alice.post(f"/library/{library.pk}/invitations", {"role": "king"}).status_code == 400


def test_there_is_an_end_to_how_many(as_alice, library, monkeypatch):
    monkeypatch.setattr(services, "MOST", 1)
    invited(as_alice, library)
    refused = as_alice.post(f"/library/{library.pk}/invitations", {"role": "viewer"})
    assert (refused.status_code, Invitation.objects.count()) == (400, 1)
    assert "End one that is no longer needed" in text(refused)
