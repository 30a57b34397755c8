"""What the API answers of who belongs to a library, and of the links into it."""

from typing import Literal, TypedDict

Role = Literal["owner", "editor", "viewer"]
Days = Literal[1, 7, 30]  # that a link works


class Person(TypedDict):
    user_id: int
    username: str
    role: Role


class Door(TypedDict):
    """What invitations and links have in common."""

    id: int
    made_by: str  # works only while this person owns the library
    created_at: str
    ends_at: str


class Invitation(Door):
    role: Role  # of who will join by it


class Link(Door):
    name: str
    n_opened: int
    seen_at: str | None  # when somebody last looked by it


class InvitationMade(Invitation):
    address: str  # said this once


class LinkMade(Link):
    address: str  # said this once
