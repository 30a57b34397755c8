"""What goes over the wire of who belongs to a library, and of the links into it."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from indexer.models import Membership
from webapp.api.schemas import OneLine


class PersonOut(Schema):
    user_id: int
    username: str
    role: str = Field(description="owner, editor or viewer")

    @staticmethod
    def resolve_username(membership: Any) -> str:
        return str(membership.user.get_username())


class RoleIn(Schema):
    role: Membership.Role


class PersonIn(RoleIn):
    username: OneLine = Field(max_length=150, description="as they sign in here")


class DoorOut(Schema):
    id: int
    made_by: str = Field(description="works only while this person owns the library")
    created_at: datetime
    ends_at: datetime

    @staticmethod
    def resolve_made_by(door: Any) -> str:
        return str(door.made_by.get_username())


class InvitationOut(DoorOut):
    role: str = Field(description="of who will join by it")


class LinkOut(DoorOut):
    name: str
    n_opened: int
    seen_at: datetime | None = Field(description="when somebody last looked by it")


class InvitationMadeOut(InvitationOut):
    address: str = Field(description="said this once: it is stored nowhere")


class LinkMadeOut(LinkOut):
    address: str = Field(description="said this once: it is stored nowhere")


class LinkIn(Schema):
    name: OneLine = Field(max_length=80, description="who it is for")
    days: Literal[1, 7, 30] = Field(default=7, description="that it works")
