"""`seekframe people`, `invitations` and `links`: who belongs to a library, who may join it, and who may look."""

import argparse
from collections.abc import Sequence
from typing import get_args

from seekframe_client.client import Seekframe
from seekframe_client.named import library_named, person_named
from seekframe_client.output import FOUND, say, wrong
from seekframe_client.registering import Command
from seekframe_client.shapes import Library
from seekframe_client.sharing_shapes import Days, Door, Link, Person, Role

ROLES = get_args(Role)
WHICH = "name or id; not needed where there is one that you may change"
DAYS: Days = 7  # where nothing else is said


def add(command: Command) -> None:
    joined = command("people", people, "Who belongs to a library, with which role.")
    joined.add_argument("--library", help=WHICH)
    deed = joined.add_mutually_exclusive_group()
    deed.add_argument("--add", metavar="NAME", help="somebody who signs in here under this name")
    deed.add_argument("--change", metavar="NAME", help="give this member another role")
    deed.add_argument("--remove", metavar="NAME", help="no member any more; yourself: leave")
    joined.add_argument("--role", choices=ROLES, help="with --add, viewer by default, and with --change")
    asked = command("invitations", invitations, "Invitations into a library, for those who have no account yet.")
    asked.add_argument("--library", help=WHICH)
    deed = asked.add_mutually_exclusive_group()
    deed.add_argument("--make", choices=ROLES, help="the role of who joins; the address is said this once")
    deed.add_argument("--withdraw", type=int, metavar="ID", help="it opens nothing any more")
    opened = command("links", links, "Links by which others look at a library for some days, without an account.")
    opened.add_argument("--library", help=WHICH)
    deed = opened.add_mutually_exclusive_group()
    deed.add_argument("--make", metavar="NAME", help="who it is for; the address is said this once")
    deed.add_argument("--end", type=int, metavar="ID", help="who came by it sees nothing more")
    deed.add_argument("--ended", action="store_true", help="the latest that work no more")
    opened.add_argument("--days", type=int, choices=get_args(Days), help=f"that a new one works; {DAYS} by default")


def people(server: Seekframe, given: argparse.Namespace) -> int:
    if given.role and not (given.add or given.change):
        return wrong("--role goes with --add or --change.")
    if given.change and not given.role:
        return wrong(f"Say which role {given.change} shall have: --role {', '.join(ROLES)}.")
    library = _library(server, given)
    if given.remove:
        server.person_remove(library["id"], person_named(server, given.remove, library)["user_id"])
        say("null" if given.json else "Removed.")
        return FOUND
    found = _people(server, given, library)
    if given.json:
        say(found)
    for person in [] if given.json else found:
        say(f"{person['role']:6}  {person['username']}")
    return FOUND


def _people(server: Seekframe, given: argparse.Namespace, library: Library) -> list[Person]:
    if given.add:
        return [server.person_add(library["id"], given.add, given.role or "viewer")]
    if given.change:
        user_id = person_named(server, given.change, library)["user_id"]
        return [server.person_role(library["id"], user_id, given.role)]
    return list(server.people(library["id"]))


def invitations(server: Seekframe, given: argparse.Namespace) -> int:
    library_id = _library(server, given)["id"]
    if given.withdraw is not None:
        server.invitation_withdraw(library_id, given.withdraw)
        say("null" if given.json else "Withdrawn.")
        return FOUND
    found = [server.invite(library_id, given.make)] if given.make else list(server.invitations(library_id))
    if given.json:
        say(found)
    for invitation in [] if given.json else found:
        until = f"until {invitation['ends_at'][:10]}"
        say(f"{invitation['id']}  {invitation['role']:6}  {until}  {invitation.get('address', _by(invitation))}")
    return FOUND


def links(server: Seekframe, given: argparse.Namespace) -> int:
    if given.days and not given.make:
        return wrong("--days goes with --make.")
    library_id = _library(server, given)["id"]
    if given.end is not None:
        server.link_end(library_id, given.end)
        say("null" if given.json else "Ended.")
        return FOUND
    found = _links(server, given, library_id)
    if given.json:
        say(found)
    for link in [] if given.json else found:
        when = f"{'ended' if given.ended else 'until'} {link['ends_at'][:10]}"
        say(f"{link['id']}  {when}  {link['name']}  {link.get('address', _opened(link))}")
    return FOUND


def _links(server: Seekframe, given: argparse.Namespace, library_id: str) -> Sequence[Link]:
    if given.make:
        return [server.link_create(library_id, given.make, given.days or DAYS)]
    return list(server.links(library_id, ended=given.ended))


def _by(door: Door) -> str:
    return f"made by {door['made_by']}"


def _opened(link: Link) -> str:
    times = f"opened {link['n_opened']} time{'s' * (link['n_opened'] != 1)}"
    return f"{times}, last on {link['seen_at'][:10]}" if link["seen_at"] else times


def _library(server: Seekframe, given: argparse.Namespace) -> Library:
    """A viewer may say one too: members see each other, and may leave."""
    return library_named(server, given.library, to_change=given.library is None)
