"""How a library's videos are read: chosen on its page, by the API and by the command line; a video says how it was."""

import html

import pytest
from django.core.management import call_command
from django.test import Client

from indexer.models import IndexMode, Library, Video
from tests.search_world import add_video, showing, stored_space
from tests.videos import make_video
from webapp.api.models import key_make

pytestmark = pytest.mark.django_db


def text(answer) -> str:
    return html.unescape(answer.content.decode())


@pytest.fixture
def film(library: Library) -> Video:
    video = add_video(library, stored_space(), [showing("dog")] * 3, title="Film")
    Video.objects.filter(pk=video.pk).update(indexed_at=video.created_at)
    return video


def test_a_person_chooses_and_the_video_says_how_it_was_read(as_alice: Client, library: Library, film: Video) -> None:
    address = f"/library/{library.pk}/reading"
    assert address in text(as_alice.get(f"/library/{library.pk}"))
    page = text(as_alice.get(address))
    assert 'id="choose-fast"' in page
    assert 'id="choose-full"' not in page
    assert "read the other way" not in page

    page = text(as_alice.post(address, {"mode": "fast"}, follow=True))
    library.refresh_from_db()
    assert library.index_mode == IndexMode.FAST
    assert "Saved: videos are read in this way from now on." in page
    assert "1 video of this library was read the other way." in page
    assert "in full" in text(as_alice.get(f"/v/{film.pk}")), "changing the setting changes no index"

    Video.objects.update(index_mode=IndexMode.FAST)
    assert "read the other way" not in text(as_alice.get(address))
    assert "fast: keyframes only" in text(as_alice.get(f"/v/{film.pk}"))


def test_a_way_that_does_not_exist_is_refused_with_a_sentence(as_alice: Client, library: Library) -> None:
    answer = as_alice.post(f"/library/{library.pk}/reading", {"mode": "faster"})
    assert answer.status_code == 400
    assert "faster" in text(answer)
    library.refresh_from_db()
    assert library.index_mode == IndexMode.FULL


def test_a_library_that_is_still_empty_can_be_set_first(as_alice: Client, library: Library) -> None:
    assert f"/library/{library.pk}/reading" in text(as_alice.get(f"/library/{library.pk}"))


def test_a_viewer_may_not_choose(client: Client, bob, library: Library) -> None:
    library.memberships.filter(user=bob).update(role="viewer")
    client.force_login(bob)
    address = f"/library/{library.pk}/reading"
    assert address not in text(client.get(f"/library/{library.pk}"))
    assert client.get(address).status_code == client.post(address, {"mode": "fast"}).status_code == 403


def test_a_program_chooses_and_sees_how_a_video_was_read(alice, library: Library, film: Video) -> None:
    caller = Client(
        headers={"Authorization": f"Bearer {key_make(owner_id=alice.pk, name='k', scope='write', days=None)[1]}"}
    )
    address = f"/api/v1/libraries/{library.pk}"
    made = caller.patch(address, {"index_mode": "fast"}, content_type="application/json")
    assert (made.status_code, made.json()["index_mode"], made.json()["n_videos"]) == (200, "fast", 1)
    assert caller.patch(address, {"index_mode": "x"}, content_type="application/json").status_code == 422
    assert caller.get(f"/api/v1/videos/{film.pk}").json()["index_mode"] == "full"
    new = caller.post("/api/v1/libraries", {"name": "Dashcam", "index_mode": "fast"}, content_type="application/json")
    assert Library.objects.get(pk=new.json()["id"]).index_mode == IndexMode.FAST


def test_the_command_line_sets_the_library(alice, tmp_path) -> None:
    path = make_video(tmp_path / "film.mp4", 1)
    call_command("add_videos", str(path), "--library", "Dashcam", "--mode", "fast", "--no-wait")
    assert Library.objects.get(name="Dashcam").index_mode == IndexMode.FAST
    again = make_video(tmp_path / "again.mp4", 2)
    call_command("add_videos", str(again), "--library", "Dashcam", "--no-wait")
    assert Library.objects.get(name="Dashcam").index_mode == IndexMode.FAST, "without --mode it stays as it is"
