"""The trash: a deleted video is gone from everything at once, comes back as it was, and in the end is gone for good."""

import html
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from indexer import deletion, files, leases, pipeline, selectors, services, store, sweeper
from indexer.models import Anchor, Caption, Label, Library, Segment, SegmentLabel, Space, Video
from model_server import engine as protocol
from search import examples, labels
from search import library as library_facts
from search.engine import search
from search.results import SearchRequest
from tests.engines import ColourEngine
from tests.indexing import in_a_process, listen, placeholder_video, rows_of, without_decoding
from tests.search_world import DIM, FakeEngine, add_video, meaning, stored_space
from tests.test_api import caller
from tests.trash import dogs, fake_model

__all__ = ["dogs", "fake_model"]
pytestmark = pytest.mark.django_db
Status = Video.Status


@pytest.fixture
def pets(library: Library, dogs: Video):
    """A label set that has named the dogs."""
    made = labels.label_set_create(library_id=library.pk, name="Pets", names=["dog", "cat"])
    labels.label_missing(made, FakeEngine())
    return made


def text(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return html.unescape(" ".join(body.decode().split()))


def everywhere(client, video: Video, label_set) -> dict[str, bool]:
    """Where the video can be met, by the place."""
    library, space = video.library, Space.objects.get()
    program = caller(client.alice)
    return {
        "home": video.title in text(client.get("/")),
        "library": video.title in text(client.get(f"/library/{library.pk}")),
        "count": "1 video," in text(client.get(f"/library/{library.pk}")),
        "page": client.get(f"/v/{video.pk}").status_code == 200,
        "search": video.title in text(client.get("/search?q=dog")),
        "words": video.title in text(client.get("/search?q=beach")),
        "in order": bool(search(SearchRequest("dog then dog", (library.pk,)), FakeEngine()).videos),
        "nearest": bool(search(SearchRequest("piano", (library.pk,)), FakeEngine()).nearest),
        "suggestions": "dogs on beaches" in text(client.get("/fragments/examples")),
        "titles": bool(list(examples.titles((library.pk,)))),
        "what it holds": bool(len(library_facts.sample(space, (library.pk,)))),
        "labels": labels.progress(label_set).n_segments > 0,
        "labelled": any(label.n_segments for label in counted(label_set)),
        "label table": video.title in text(client.get(f"/labels/{label_set.pk}.csv")),
        "segments": client.get(f"/v/{video.pk}/segments.json").status_code == 200,
        "example": client.get(f"/search?like={video.pk}@1.0").status_code == 200,
        "api": program.get(f"/api/v1/videos/{video.pk}").status_code == 200,
        "api list": program.get("/api/v1/videos").json()["count"] > 0,
        "api libraries": program.get("/api/v1/libraries").json()["items"][0]["n_videos"] > 0,
        "api search": bool(program.get("/api/v1/search", {"q": "dog"}).json()["videos"]),
    }


def counted(label_set) -> list[Label]:
    from webapp.labels.views import shown

    return list(shown(label_set).labels)


def test_in_the_trash_it_is_met_nowhere_and_restored_it_is_met_everywhere_at_once(as_alice, alice, dogs, pets) -> None:
    as_alice.alice = alice
    assert {place for place, met in everywhere(as_alice, dogs, pets).items() if not met} == set()
    as_alice.post(f"/v/{dogs.pk}/delete", follow=True)  # to the page that says so
    assert {place for place, met in everywhere(as_alice, dogs, pets).items() if met} == set()
    as_alice.post(f"/v/{dogs.pk}/restore", follow=True)
    assert {place for place, met in everywhere(as_alice, dogs, pets).items() if not met} == set()


def test_a_restored_video_is_as_it_was(dogs: Video, pets) -> None:
    def state() -> tuple:
        row = Video.objects.filter(pk=dogs.pk).values().get()
        row = {name: value for name, value in row.items() if not name.endswith("rung_at")}
        tables = (Segment, Anchor, Caption)
        return row, rows_of(dogs), [list(table.objects.filter(video=dogs).values()) for table in tables]

    before = state(), list(SegmentLabel.objects.values())
    assert services.video_trash(video=dogs)
    assert services.video_restore(video=dogs)
    assert (state(), list(SegmentLabel.objects.values())) == before
    assert not services.video_restore(video=dogs), "it is not in the trash"


@pytest.mark.django_db(transaction=True)
def test_indexing_under_way_stops_and_goes_on_when_restored(library, tmp_path, monkeypatch) -> None:
    without_decoding(monkeypatch)
    video, embed = placeholder_video(library, tmp_path), pipeline.embed

    def trashed_meanwhile(*args):
        services.video_trash(video=video)
        return embed(*args)

    monkeypatch.setattr(pipeline, "embed", trashed_meanwhile)
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert (video.status, video.stage, video.lease_token, rows_of(video)) == (Status.UPLOADED, "", None, (0, 0, 0))
    monkeypatch.setattr(pipeline, "embed", embed)
    rung = listen()
    sweeper.sweep()
    assert rung() == [], "nothing is done for what lies in the trash"
    assert leases.claim(video.pk, "index") is None
    assert leases.claim(video.pk, "media") is None
    services.video_restore(video=video)
    assert {task for task, _ in rung()} == {"index_video", "make_media"}
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert (video.status, rows_of(video)[1] > 0) == (Status.READY, True)


def test_a_cancel_that_no_worker_saw_holds_when_restored(library, tmp_path) -> None:
    video = placeholder_video(library, tmp_path)
    leases.claim(video.pk, "index")
    services.video_cancel(video=video)
    services.video_trash(video=video)
    services.video_restore(video=video)
    video.refresh_from_db()
    assert (video.status, video.cancel_requested) == (Status.CANCELLED, False)


def test_the_index_of_a_lost_worker_is_not_stored_in_the_trash(library, tmp_path, monkeypatch) -> None:
    without_decoding(monkeypatch)
    video, replace_index = placeholder_video(library, tmp_path), store.replace_index

    def late(*args):
        services.video_trash(video=video)
        replace_index(*args)

    monkeypatch.setattr(store, "replace_index", late)
    pipeline.index_video(video.pk, ColourEngine())
    assert rows_of(video) == (0, 0, 0)


def test_restored_after_the_model_changed_it_is_indexed_again(dogs: Video, library: Library) -> None:
    services.video_trash(video=dogs)
    newer = Space.objects.create(**FakeSpace.fields("v2"))
    from indexer import spaces

    spaces.switch_when_complete(newer)
    assert spaces.active_space() == newer, "the trash is not waited for"
    services.video_restore(video=dogs)
    dogs.refresh_from_db()
    assert dogs.status == Status.UPLOADED


class FakeSpace:
    @staticmethod
    def fields(version: str) -> dict:
        space: protocol.Space = FakeEngine(version).space
        names = ("model", "version", "dim", "clip_frames", "window_s", "stride_s", "prompt", "frame_px")
        return {name: getattr(space, name) for name in names}


def test_the_mean_of_a_library_is_that_of_what_is_there(library: Library, dogs: Video) -> None:
    add_video(library, stored_space(), [meaning("cat")] * 3)
    services.video_trash(video=dogs)
    mean = library_facts.mean_embedding(Space.objects.get(), (library.pk,))
    assert mean is not None
    assert mean.shape == (DIM,)
    assert mean @ meaning("cat") == pytest.approx(1, abs=1e-3)


# Gone for good


def age(video: Video, **time: float) -> None:
    Video.objects.filter(pk=video.pk).update(trashed_at=timezone.now() - timedelta(**time))


def test_the_sweeper_deletes_what_is_over_and_nothing_else(library, tmp_path, settings) -> None:
    settings.TRASH_DAYS = 7
    over, young, present = (placeholder_video(library, tmp_path, title) for title in ("over", "young", "present"))
    for video in (over, young):
        services.video_trash(video=video)
    age(over, days=7, seconds=5)
    age(young, days=6, hours=23)
    rung = listen()
    sweeper.sweep()
    assert ("delete_video", str(over.pk)) in rung()
    assert not services.video_restore(video=over), "it is being deleted"
    deletion.delete_video(over.pk)
    assert set(Video.objects.values_list("title", flat=True)) == {"young", "present"}
    assert set(files.stored_video_ids()) == {young.pk, present.pk}


@pytest.mark.django_db(transaction=True)
def test_the_sweep_may_be_killed_at_any_line_and_run_again(library, tmp_path, monkeypatch) -> None:
    without_decoding(monkeypatch)
    kept = placeholder_video(library, tmp_path, "kept")
    services.video_trash(video=kept)
    for line in range(100):
        video = placeholder_video(library, tmp_path, "over")
        pipeline.index_video(video.pk, ColourEngine())
        services.video_trash(video=video)
        age(video, days=31)

        def work(video: Video = video) -> None:
            sweeper.sweep()
            deletion.delete_video(video.pk)

        dying = (sweeper.sweep, services.trash_expire, deletion.delete_video, files._delete_under)
        died = in_a_process(work, dying, line * 5)
        has_row, has_files = Video.objects.filter(pk=video.pk).exists(), video.pk in files.stored_video_ids()
        assert has_row or not has_files, "files without a row are files that nobody comes back for"
        work()
        assert not Video.objects.filter(pk=video.pk).exists()
        assert files.stored_video_ids() == [kept.pk]
        assert rows_of(video) == (0, 0, 0)
        if not died:
            break
    assert line > 4
    assert services.video_restore(video=kept)


def test_with_no_days_deleting_is_for_good_and_says_so(as_alice, dogs: Video, settings) -> None:
    settings.TRASH_DAYS = 0
    assert "Nobody can bring them back" in text(as_alice.get(f"/v/{dogs.pk}/delete"))
    assert "deleted for good" in text(as_alice.post(f"/v/{dogs.pk}/delete", follow=True))
    dogs.refresh_from_db()
    assert (dogs.status, dogs.trashed_at) == (Status.DELETING, None)


def test_orphans_are_not_looked_for_in_the_trash(library, tmp_path) -> None:
    video = placeholder_video(library, tmp_path)
    services.video_trash(video=video)
    assert deletion.orphans_delete(older_than_s=-60) == []
    assert files.stored_video_ids() == [video.pk]


def test_the_walk_and_the_words_leave_the_trash_out_in_sql(library, dogs: Video) -> None:
    from search.filters import PRESENT

    services.video_trash(video=dogs)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM indexer_video v WHERE {PRESENT}")
        assert cursor.fetchone() == (selectors.videos_present().count(),) == (0,)
