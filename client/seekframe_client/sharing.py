"""Libraries shared: with people who have an account, with people who shall get one, and by links that end."""

from collections.abc import Iterator

from seekframe_client import calls
from seekframe_client.asking import Asking, given
from seekframe_client.sharing_shapes import Days, Invitation, InvitationMade, Link, LinkMade, Person, Role


class Sharing(Asking):
    def people(self, library_id: str) -> Iterator[Person]:
        """Owners first, then editors, then viewers."""
        return self._each(calls.PEOPLE, at={"library_id": library_id})

    def person_add(self, library_id: str, username: str, role: Role) -> Person:
        """Somebody who has an account."""
        sent = {"username": username, "role": role}
        return self._ask(calls.PERSON_NEW, at={"library_id": library_id}, json=sent)

    def person_role(self, library_id: str, user_id: int, role: Role) -> Person:
        return self._ask(calls.PERSON_ROLE, at={"library_id": library_id, "user_id": user_id}, json={"role": role})

    def person_remove(self, library_id: str, user_id: int) -> None:
        """An owner removes anyone; anyone leaves, but the last owner."""
        self._ask(calls.PERSON_REMOVE, at={"library_id": library_id, "user_id": user_id})

    def invitations(self, library_id: str) -> Iterator[Invitation]:
        """Those that work, for owners."""
        return self._each(calls.INVITATIONS, at={"library_id": library_id})

    def invite(self, library_id: str, role: Role) -> InvitationMade:
        """Whoever first opens its `address`, which is said this once, may join."""
        return self._ask(calls.INVITATION_NEW, at={"library_id": library_id}, json={"role": role})

    def invitation_withdraw(self, library_id: str, invitation_id: int) -> None:
        self._ask(calls.INVITATION_WITHDRAW, at={"library_id": library_id, "invitation_id": invitation_id})

    def links(self, library_id: str, *, ended: bool = False) -> Iterator[Link]:
        """Those that work, for owners; with `ended` the latest that do so no more."""
        params = given(ended="true" if ended else None)
        return self._each(calls.LINKS, at={"library_id": library_id}, params=params)

    def link_create(self, library_id: str, name: str, days: Days = 7) -> LinkMade:
        """Whoever has its `address`, which is said this once, may look, without an account."""
        return self._ask(calls.LINK_NEW, at={"library_id": library_id}, json={"name": name, "days": days})

    def link_end(self, library_id: str, link_id: int) -> None:
        """Who came by it sees nothing more."""
        self._ask(calls.LINK_END, at={"library_id": library_id, "link_id": link_id})
