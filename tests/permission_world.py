"""Everything Alice has, each thing with a word that stands nowhere else; and everyone who may try to see it."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from indexer.models import (
    Caption,
    Label,
    LabelSet,
    Library,
    LikelyCopy,
    Membership,
    SegmentLabel,
    Track,
    TrackLine,
    Video,
)
from indexer.tags import tags_set
from tests.passkeys import SoftKey
from tests.search_world import add_video, showing, stored_space
from tests.test_webmedia import picture, put
from webapp.api.models import key_make
from webapp.languages.views import version_of
from webapp.saved.models import SavedSearch
from webapp.sharing.models import ShareLink
from webapp.sharing.services import invitation_make, link_make
from webapp.shown.models import ShownPicture
from webapp.sources.models import Source, SourceItem
from webapp.uploads.models import Upload

# What only those may read who may see the library: no other answer holds one of these words.
WORDS_OF = {
    "library": "Librarywordx",
    "title": "Titlewordx",
    "caption": "captionwordx",
    "tag": "tagwordx",
    "label": "labelwordx",
    "label set": "Labelsetwordx",
    "uploader": "uploaderwordx",
    "trash": "Trashwordx",
    "copy": "Copywordx",
    "transcript": "spokenwordx",
    "saved search": "Savedwordx",
    "key": "Keywordx",
    "link": "Linkwordx",
    "upload": "Uploadwordx",
    "source": "/sourcewordx",
    "failure": "Failurewordx",
    "passkey": "Passkeywordx",
}
ALL = frozenset(WORDS_OF)
OF_THE_OWNER = {"saved search", "key", "link", "upload", "passkey"}  # their maker's alone
READABLE = {
    **dict.fromkeys(("owner", "reads", "writes"), ALL),
    "editor": ALL - OF_THE_OWNER,
    "viewer": ALL - OF_THE_OWNER - {"trash", "source"},
    "link": ALL - OF_THE_OWNER - {"trash", "source", "uploader"},
}
RUNNING = {"library", "title", "failure", "link"}  # what the operator's pages say of failures and of deeds


def library_fill(library: Library, owner: User, folder: Path) -> dict[str, object]:
    """One of everything, and the arguments that name it in addresses."""
    space, name = stored_space(), WORDS_OF
    uploader = User.objects.create_user(name["uploader"])
    library.memberships.create(user=uploader, role="viewer")
    video = add_video(library, space, [showing("dog")] * 4, title=name["title"])
    video.uploaded_by = uploader
    video.media_error, video.caption_error = name["failure"], name["failure"]
    video.poster = put(f"videos/{video.pk}/poster.jpg", picture(["red"], 1, 1), folder)
    video.original = put(f"videos/{video.pk}/original", name["caption"].encode(), folder)
    video.storyboard = {"sprites": [video.poster], "columns": 1, "rows": 1, "tile_width_px": 32, "tile_height_px": 16}
    video.storyboard |= {"interval_s": 2.0, "n_tiles": 1}
    video.save()
    tags_set(video=video, names=[name["tag"]])
    for segment in video.segments.all():
        times = {"start_s": segment.start_s, "end_s": segment.end_s}
        Caption.objects.create(video=video, space=space, text=name["caption"], agreement=0.9, **times)
    labels = LabelSet.objects.create(library=library, name=name["label set"])
    label = Label.objects.create(label_set=labels, name=name["label"], place=0)
    for segment in video.segments.all():
        SegmentLabel.objects.create(label_set=labels, label=label, segment=segment, score=0.9, sure=True)
    copy = add_video(library, space, [showing("dog")] * 4, title=name["copy"])
    first, second = sorted([video, copy], key=lambda one: one.pk)
    likely = LikelyCopy.objects.create(first=first, second=second, share=1.0)
    track = Track.objects.create(video=video, kind=Track.Kind.SAID, status=Track.Status.READY)
    TrackLine.objects.create(track=track, start_s=0, end_s=1, text=name["transcript"])
    trashed = add_video(library, space, [showing("dog")] * 4, title=name["trash"])
    Video.objects.filter(pk=trashed.pk).update(trashed_at=timezone.now(), poster=video.poster)
    failed = add_video(library, space, [showing("cat")] * 2, title=f"{name['title']} too")
    Video.objects.filter(pk=failed.pk).update(status=Video.Status.FAILED, error=name["failure"])
    source = Source.objects.create(library=library, owner=owner, kind="folder", place=name["source"])
    shown = ShownPicture.objects.create(
        owner=owner, space=space, embedding=showing("dog").tobytes(), thumbnail=picture(["red"], 1, 1)
    )
    upload = Upload.objects.create(library=library, owner=owner, file_name=f"{name['upload']}.mp4", size_bytes=9)
    asked = f"q={name['saved search']}&library={library.pk}"
    passkey = SoftKey().stored(owner, name["passkey"])
    return {
        "pk": passkey.pk,
        "library_id": library.pk,
        "video_id": video.pk,
        "trashed_id": trashed.pk,
        "failed_id": failed.pk,
        "user_id": uploader.pk,
        "link_id": link_make(library=library, made_by=owner, name=name["link"], days=1)[0].pk,
        "invitation_id": invitation_make(library=library, made_by=owner, role="viewer")[0].pk,
        "upload_id": upload.pk,
        "picture_id": shown.pk,
        "source_id": source.pk,
        "item_id": SourceItem.objects.create(source=source, key=name["source"]).pk,
        "set_id": labels.pk,
        "label_id": label.pk,
        "copy_id": likely.pk,
        "kind": "said",
        "language": "en",
        "version": version_of("en"),
        "search_id": SavedSearch.objects.create(owner=owner, name=name["saved search"], asked=asked).pk,
        "key_id": key_make(owner_id=owner.pk, name=name["key"], scope="write", days=None)[0].pk,
        "sheet": 0,
        "ending": "csv",
        "secret": "x" * 43,
    }


def people(library: Library) -> dict[str, User]:
    """By what they are to the library."""
    made = {name: User.objects.create_user(name) for name in ("owner", "editor", "viewer", "stranger", "operator")}
    for name in ("owner", "editor", "viewer"):
        Membership.objects.create(library=library, user=made[name], role=name)
    User.objects.filter(pk=made["operator"].pk).update(is_staff=True)
    return made


def callers(library: Library, cast: dict[str, User]) -> dict[str, Callable[[], Client]]:
    """How each of them comes: signed in, with a key, by a link, or not at all."""
    made: dict[str, Callable[[], Client]] = {name: _signed_in(person) for name, person in cast.items()}
    made["nobody"] = Client
    made["link"] = _by_link(library, cast["owner"], ended=False)
    made["ended"] = _by_link(library, cast["owner"], ended=True)
    made["reads"] = _with_key(cast["owner"], "read")
    made["writes"] = _with_key(cast["owner"], "write")
    made["other"] = _with_key(cast["stranger"], "write")
    return made


def _signed_in(person: User) -> Callable[[], Client]:
    client = Client()
    client.force_login(person)
    session = client.session  # the password was typed again a moment ago
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return _again(client)


def _by_link(library: Library, owner: User, *, ended: bool) -> Callable[[], Client]:
    link, secret = link_make(library=library, made_by=owner, name="a guest's", days=1)
    client = Client()
    assert client.get(reverse("shared", args=[secret])).status_code == 302
    if ended:
        ShareLink.objects.filter(pk=link.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    return _again(client)


def _with_key(person: User, scope: str) -> Callable[[], Client]:
    secret = key_make(owner_id=person.pk, name="a program", scope=scope, days=None)[1]
    return lambda: Client(headers={"Authorization": f"Bearer {secret}"})


def _again(client: Client) -> Callable[[], Client]:
    """A browser with the same cookies each time: what one answer sets is forgotten."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def browser() -> Client:
        made = Client()
        for name, value in cookies.items():
            made.cookies[name] = value
        return made

    return browser
