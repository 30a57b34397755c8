"""Run inside the product by `manage.py shell`: accounts as invitations make them, a key each, and what there is to see.

Prints one line of JSON. The number of accounts stands in LOAD_USERS, their password in LOAD_PASSWORD.
"""

import json
import os

from django.contrib.auth.models import User
from django.core.files.storage import default_storage

from indexer.models import Library, Membership
from indexer.selectors import libraries_visible_to, videos_visible_to
from webapp.api.models import ApiKey, key_make
from webapp.sharing.services import invitation_make, newcomer_create


def people() -> list[dict[str, str]]:
    owner = User.objects.get(is_superuser=True)
    library = Library.objects.get(memberships__user=owner, is_sample=False)
    return [newcomer(library, owner, f"visitor{number}") for number in range(int(os.environ["LOAD_USERS"]))]


def newcomer(library: Library, owner: User, name: str) -> dict[str, str]:
    invitation, _ = invitation_make(library=library, made_by=owner, role=Membership.Role.VIEWER)
    user = newcomer_create(invitation=invitation, username=name, password=os.environ["LOAD_PASSWORD"])
    assert user is not None, name
    _, key = key_make(owner_id=user.pk, name="load", scope=ApiKey.Scope.READ, days=1)
    return {"name": name, "key": key}


def shown() -> dict[str, list[dict[str, object]]]:
    """What all of them see alike."""
    anybody = User.objects.get(username="visitor0")
    videos = [
        {
            "id": str(video.pk),
            "title": video.title,
            "duration_s": video.duration_s,
            "play_bytes": default_storage.size(video.proxy or video.original),
        }
        for video in videos_visible_to(anybody)
    ]
    libraries = [{"id": str(library.pk), "name": library.name} for library in libraries_visible_to(anybody)]
    return {"videos": videos, "libraries": libraries}


print(json.dumps({"people": people(), **shown()}))
