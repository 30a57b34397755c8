"""What becomes of likely copies: a new video is compared by itself, a pair is dismissed for good, and taken back."""

import html

import numpy as np
import pytest
from django.utils import timezone

from indexer import services
from indexer.models import Library, LikelyCopy, Membership, Space, Video
from search import copies_kept
from search.copies import pairs_in, pairs_with
from tests.search_world import add_video, showing, stored_space
from tests.test_api import caller
from tests.test_copies import CATS, DOGS
from webapp.sharing.services import link_make
from webapp.tasks import find_new_copies
from webapp.uploads.models import Upload
from webapp.uploads.rows import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def space() -> Space:
    return stored_space()


def indexed(library: Library, space: Space, windows: list[np.ndarray], title: str) -> Video:
    video = add_video(library, space, windows, title=title)
    Video.objects.filter(pk=video.pk).update(indexed_at=timezone.now())
    video.refresh_from_db()
    return video


@pytest.fixture
def pair(library: Library, space: Space) -> LikelyCopy:
    """An original, what was sent of it, and something else; compared as they became ready."""
    for windows, title in ((CATS, "cats"), (DOGS, "original"), (DOGS[2:5], "sent")):
        indexed(library, space, windows, title)
    find_new_copies()
    return LikelyCopy.objects.get()


def titles(pairs: list[LikelyCopy]) -> list[tuple[str, str]]:
    return [(pair.first.title, pair.second.title) for pair in pairs]


def test_a_new_video_is_compared_with_the_rest_and_only_once(library: Library, pair: LikelyCopy, monkeypatch) -> None:
    assert titles([pair]) == [("original", "sent")]
    monkeypatch.setattr(copies_kept, "pairs_with", lambda *_: pytest.fail("it was compared already"))
    find_new_copies()
    monkeypatch.undo()
    Video.objects.filter(title="sent").update(indexed_at=timezone.now())  # and once more where it was indexed anew
    find_new_copies()
    assert titles(copies_kept.copies_in(library)) == [("original", "sent")]


def test_it_finds_by_anchors_what_the_whole_comparison_finds(library: Library, space: Space) -> None:
    scenes = [showing(word, 0.9, seed=i) for word in ("cat", "train", "pie", "boat", "snow") for i in range(8)]
    made = {"film": [*scenes, *DOGS[:2]], "clip": DOGS[:2], "boats": scenes[24:32], "cats": CATS, "dogs": DOGS}
    videos = [indexed(library, space, windows, title) for title, windows in made.items()]
    whole = {frozenset((pair.first, pair.second)) for pair in pairs_in(library, space)}
    assert len(whole) >= 3
    for video in videos:
        of_it = {found for found in whole if video.pk in found}
        assert {frozenset((pair.first, pair.second)) for pair in pairs_with(video, space)} == of_it


def test_what_is_in_another_library_is_not_compared(library: Library, space: Space) -> None:
    indexed(Library.objects.create(name="Other"), space, DOGS, "elsewhere")
    indexed(library, space, DOGS, "here")
    find_new_copies()
    assert not LikelyCopy.objects.exists()


def test_one_that_went_into_the_trash_meanwhile_is_not_kept(library: Library, space: Space, monkeypatch) -> None:
    first = indexed(library, space, DOGS, "first")
    find_new_copies()
    indexed(library, space, DOGS, "second")

    def trashed(video, space):
        found = list(pairs_with(video, space))
        services.video_trash(video=first)
        return found

    monkeypatch.setattr(copies_kept, "pairs_with", trashed)
    find_new_copies()
    assert not LikelyCopy.objects.exists()


def test_a_dismissed_pair_stays_dismissed_until_it_is_taken_back(as_alice, library: Library, pair: LikelyCopy) -> None:
    sent = pair.second
    assert "It looks like a copy of" in as_alice.get(f"/v/{sent.pk}").content.decode()
    gone = as_alice.post(f"/library/{library.pk}/copies/{pair.pk}/dismiss", {"page": f"/v/{sent.pk}"}, follow=True)
    said = html.unescape(gone.content.decode())
    assert "original and sent no longer count as copies." in said
    assert "It looks like a copy of" not in said
    copies_kept.copies_find(library)
    Video.objects.update(indexed_at=timezone.now())
    find_new_copies()
    assert copies_kept.copies_in(library) == []
    page = as_alice.get(f"/library/{library.pk}").content.decode()
    assert "Not copies: 1" in page
    assert "These look like copies" not in page
    as_alice.post(f"/library/{library.pk}/copies/{pair.pk}/restore")
    assert titles(copies_kept.copies_in(library)) == [("original", "sent")]


def test_a_viewer_sees_the_note_and_cannot_dismiss_and_a_stranger_sees_nothing(
    client, alice, bob, library: Library, pair: LikelyCopy
) -> None:
    path = f"/library/{library.pk}/copies/{pair.pk}/dismiss"
    client.force_login(bob)
    page = client.get(f"/v/{pair.second.pk}").content.decode()
    assert "It looks like a copy of" in page
    assert "Not a copy" not in page
    assert client.post(path).status_code == 403
    Membership.objects.filter(user=bob).delete()
    assert client.post(path).status_code == 404
    client.logout()
    _, secret = link_make(library=library, made_by=alice, name="link", days=1)
    client.get(f"/s/{secret}")
    assert "It looks like a copy of" in client.get(f"/v/{pair.second.pk}").content.decode(), "a guest sees both"


def test_the_upload_row_says_it_and_asks_until_it_is_known(library: Library, space: Space, alice) -> None:
    indexed(library, space, DOGS, "original")
    sent = indexed(library, space, DOGS, "sent")
    Video.objects.update(media_status=Video.Status.READY)
    upload = Upload.objects.create(
        library=library, owner=alice, title="sent", file_name="sent.mp4", size_bytes=1, video=sent, status="finished"
    )
    row = rows(alice, [upload])[0]
    assert (row.kind, row.looks_like, row.live) == ("ready", None, True)
    find_new_copies()
    row = rows(alice, [upload])[0]
    assert (row.looks_like.title, row.live) == ("original", False)
    Membership.objects.filter(user=alice).delete()
    assert rows(alice, [upload])[0].looks_like is None


def test_a_program_lists_dismisses_and_restores_them(alice, bob, library: Library, pair: LikelyCopy) -> None:
    api = caller(alice, "write")
    listed = f"/api/v1/libraries/{library.pk}/copies"
    found = api.get(listed).json()
    assert found["count"] == 1
    assert found["items"][0]["second_id"] == str(pair.second_id)
    assert caller(bob, "write").post(f"/api/v1/copies/{pair.pk}/dismiss").status_code == 403
    assert api.post(f"/api/v1/copies/{pair.pk}/dismiss").json()["dismissed_at"]
    assert (api.get(listed).json()["count"], api.get(f"{listed}?dismissed=true").json()["count"]) == (0, 1)
    assert api.post(f"/api/v1/copies/{pair.pk}/restore").json()["dismissed_at"] is None
    assert api.post("/api/v1/copies/0/restore").status_code == 404
