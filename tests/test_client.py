"""The Python client against a live server: every call once, as a program would make it."""

import io
from pathlib import Path

import pytest
from PIL import Image

from indexer.models import Library, Video
from seekframe_client import Seekframe, SeekframeError
from tests.api_world import address, film, secret_of, seekframe
from tests.tus_client import VIDEO
from webapp.sources.models import SourceItem

__all__ = ["address", "film", "seekframe"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_it_searches(seekframe: Seekframe, film: Video, library: Library, address: str) -> None:
    found = seekframe.search("dog", library=str(library.pk), sort="newest")
    (hit,) = found["videos"][0]["hits"]
    assert (hit["start_s"], hit["url"][: len(address) + 3]) == (10.0, f"{address}/v/")
    nothing = seekframe.search("rocket", at_least=99)
    assert (nothing["nothing_matches"], nothing["videos"]) == (True, [])


def test_it_searches_by_a_picture(seekframe: Seekframe, film: Video, tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "PNG")
    (tmp_path / "red.png").write_bytes(out.getvalue())
    shown = seekframe.picture(tmp_path / "red.png")
    assert seekframe.search(like=shown["id"])["videos"][0]["hits"][0]["start_s"] == 10.0


def test_it_keeps_searches(seekframe: Seekframe) -> None:
    made = seekframe.search_save("Our dog", "q=dog")
    assert list(seekframe.saved_searches()) == [made]
    seekframe.saved_search_delete(made["id"])
    assert list(seekframe.saved_searches()) == []


def test_it_makes_libraries_and_labels(seekframe: Seekframe) -> None:
    made = seekframe.library_create("Matches")
    assert list(seekframe.libraries()) == [made]
    labels = seekframe.label_set_create(made["id"], "Animals", ["dog", "cat"])
    assert [label["name"] for label in labels["labels"]] == ["dog", "cat"]
    assert list(seekframe.label_sets(made["id"])) == [labels]
    seekframe.label_set_delete(labels["id"])
    assert list(seekframe.label_sets(made["id"])) == []


def test_it_lists_every_page(seekframe: Seekframe, library: Library) -> None:
    Video.objects.bulk_create(Video(library=library, title=str(i), original="x", size_bytes=1) for i in range(120))
    assert sorted(int(video["title"]) for video in seekframe.videos(library=str(library.pk))) == list(range(120))
    assert list(seekframe.videos(status="failed")) == []


def test_it_looks_at_a_video_and_changes_it(seekframe: Seekframe, film: Video) -> None:
    key = str(film.pk)
    assert seekframe.video(key)["title"] == "Film"
    assert [segment["start_s"] for segment in seekframe.segments(key)] == [0.0, 11.0]
    assert seekframe.ask(key, "what is it?", ["cat", "dog"], t=12)["answers"][0]["text"] == "dog"
    Video.objects.update(caption_status="cancelled")
    assert seekframe.captions(key)["may_start"]
    assert seekframe.captions_start(key)["under_way"]
    assert not seekframe.captions_cancel(key)["under_way"]
    assert seekframe.video_edit(key, title="Beach")["title"] == "Beach"
    assert seekframe.video_reindex(key)["status"] == "uploaded"
    assert seekframe.video_cancel(key)["status"] == "ready"
    seekframe.video_delete(key)
    with pytest.raises(SeekframeError, match="There is nothing here") as gone:
        seekframe.video(key)
    assert gone.value.status == 404
    assert len(gone.value.request_id) == 32


def test_it_uploads_and_says_which_video_is_there_already(seekframe: Seekframe, library, tmp_path: Path) -> None:
    (tmp_path / "lake.mp4").write_bytes(VIDEO)
    seen: list[tuple[int, int]] = []
    made = seekframe.upload(tmp_path / "lake.mp4", str(library.pk), title="Lake", progress=lambda *at: seen.append(at))
    assert (made["title"], made["size_bytes"], seen) == ("Lake", len(VIDEO), [(len(VIDEO), len(VIDEO))])
    with pytest.raises(SeekframeError) as twin:
        seekframe.upload(tmp_path / "lake.mp4", str(library.pk))
    assert (twin.value.status, twin.value.video_id) == (409, made["id"])
    assert seekframe.upload(tmp_path / "lake.mp4", str(library.pk), allow_duplicate=True)["id"] != made["id"]


@pytest.mark.parametrize("name", ["../libraries", "a b", "é?x=1#y"])
def test_a_name_stays_one_part_of_the_address(seekframe: Seekframe, name: str) -> None:
    with pytest.raises(SeekframeError) as refused:
        seekframe.video(name)
    assert refused.value.status == 404


def test_a_key_that_may_only_read_is_told_so(address: str, alice) -> None:
    with Seekframe(address, secret_of(alice, "read")) as reader, pytest.raises(SeekframeError, match="may only read"):
        reader.library_create("x")


def test_it_shares_a_library(seekframe: Seekframe, library: Library, charlie) -> None:
    key = str(library.pk)
    person = seekframe.person_add(key, "charlie", "viewer")
    assert seekframe.person_role(key, person["user_id"], "editor") in list(seekframe.people(key))
    seekframe.person_remove(key, person["user_id"])
    assert "charlie" not in {person["username"] for person in seekframe.people(key)}
    invitation, link = seekframe.invite(key, "viewer"), seekframe.link_create(key, "Lyon", 1)
    assert [row["id"] for row in seekframe.invitations(key)] == [invitation["id"]]
    assert [row["id"] for row in seekframe.links(key)] == [link["id"]]
    seekframe.invitation_withdraw(key, invitation["id"])
    seekframe.link_end(key, link["id"])
    assert [*seekframe.invitations(key), *seekframe.links(key)] == []
    assert [row["name"] for row in seekframe.links(key, ended=True)] == ["Lyon"]


def test_it_keeps_sources(seekframe: Seekframe, library: Library) -> None:
    made = seekframe.source_add(str(library.pk), "https://example.org/film.mp4")
    assert list(seekframe.sources(str(library.pk))) == [made] == [seekframe.source(made["id"])]
    assert seekframe.source_pause(made["id"])["paused"]
    assert not seekframe.source_pause(made["id"], False)["paused"]
    seekframe.source_look(made["id"])
    item = SourceItem.objects.create(source_id=made["id"], key="film.mp4")
    assert seekframe.source_item_cancel(made["id"], item.pk)["status"] == "cancelled"
    assert seekframe.source_item_retry(made["id"], item.pk) in list(
        seekframe.source_items(made["id"], status="waiting")
    )
    seekframe.source_remove(made["id"])
    assert list(seekframe.sources(str(library.pk))) == []


def test_it_changes_many_videos(seekframe: Seekframe, film: Video, library: Library) -> None:
    key = str(film.pk)
    assert seekframe.videos_edit(str(library.pk), [key], tag="beach") == {"changed": [key], "left": []}
    assert seekframe.videos_edit(str(library.pk), [key], tag="beach")["left"][0]["reason"] == "tagged so already"
