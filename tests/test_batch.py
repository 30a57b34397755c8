"""Many videos changed at once, a video's own page of facts, and when the file says that it was shot."""

import html
from datetime import UTC, datetime, timedelta

import av
import pytest

from indexer import batch, pipeline, services, tags
from indexer.models import Library, Membership, Segment, Tag, Video
from model_server.frames.probe import recorded_s
from model_server.frames.reader import probe
from tests.engines import ColourEngine
from tests.indexing import placeholder_video, without_decoding
from tests.search_world import add_video, showing, stored_space
from tests.test_api import caller
from tests.videos import make_video

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 7, 20, 12, tzinfo=UTC)
NOW_S = NOON.timestamp()


@pytest.fixture
def films(library: Library) -> list[Video]:
    space = stored_space()
    return [add_video(library, space, [showing("dog")], title=f"GOPR00{i} boat") for i in range(3)]


def text(answer) -> str:
    return html.unescape(" ".join(answer.content.decode().split()))


def sent(client, library: Library, films: list[Video], do: str, **fields) -> str:
    """What the page says after the button was pressed."""
    asked = {"do": do, "video": [str(film.pk) for film in films], **fields}
    return text(client.post(f"/library/{library.pk}/select", asked, follow=True))


def names(video: Video) -> list[str]:
    return [tag.name for tag in video.tags.all()]


# Tags


def test_a_tag_is_added_once_and_said_of_those_that_had_it(as_alice, library, films) -> None:
    services.video_edit(video=films[0], title=films[0].title, recorded_at=None, tags=["Beach"])
    said = sent(as_alice, library, films, "tag", tag=" beach ")
    assert "2 videos tagged “beach”; 1 left as it was: tagged so already." in said
    assert [names(film) for film in films] == [["Beach"]] * 3
    assert Tag.objects.count() == 1
    for page in (f"/library/{library.pk}", "/", f"/v/{films[0].pk}"):
        assert 'class="tag"' in text(as_alice.get(page))
    listed = text(as_alice.get(f"/library/{library.pk}?tag=BEACH"))
    assert all(film.title in listed for film in films)
    assert "No video here has this tag" in text(as_alice.get(f"/library/{library.pk}?tag=snow"))


def test_a_tag_that_no_video_has_is_gone(as_alice, library, films) -> None:
    sent(as_alice, library, films[:2], "tag", tag="beach")
    said = sent(as_alice, library, films, "untag", tag="Beach")
    assert "2 videos no longer tagged “Beach”; 1 left as it was: not tagged so." in said
    assert not Tag.objects.exists()


def test_a_tag_in_the_trash_comes_back_with_its_video(library, films) -> None:
    tags.tags_set(video=films[0], names=["beach"])
    services.video_trash(video=films[0])
    tags.forget_unused(library)
    services.video_restore(video=films[0])
    assert names(films[0]) == ["beach"]


@pytest.mark.parametrize("tag", ["", "   ", "a, b", "x" * 61])
def test_what_is_no_tag_is_refused_and_the_choice_kept(as_alice, library, films, tag: str) -> None:
    page = sent(as_alice, library, films[:2], "tag", tag=tag)
    assert 'role="alert"' in page
    assert page.count(" checked") == 2
    assert not Tag.objects.exists()


# Dates


def test_a_date_is_set_shifted_and_cleared(as_alice, library, films) -> None:
    said = sent(as_alice, library, films[:2], "date", recorded_at="2024-07-20T12:00")
    assert "2 videos recorded 20 Jul 2024, 12:00." in said
    said = sent(as_alice, library, films, "shift", by="-90", unit="minutes")
    assert "2 videos shifted by -90 minutes; 1 left as it was: no date to shift." in said
    moments = list(Video.objects.order_by("title").values_list("recorded_at", flat=True))
    assert moments == [NOON - timedelta(minutes=90)] * 2 + [None]
    assert 'Recorded</dt><dd class="figures">20 Jul 2024, 10:30' in text(as_alice.get(f"/v/{films[0].pk}"))
    assert "2 videos without a date recorded" in sent(as_alice, library, films[:2], "date", recorded_at="")


def test_a_shift_out_of_the_calendar_changes_nothing(as_alice, library, films) -> None:
    sent(as_alice, library, films, "date", recorded_at="2024-07-20T12:00")
    said = sent(as_alice, library, films, "shift", by="1000000", unit="days")
    assert "No videos shifted by 1000000 days; 3 left as they were: would leave the calendar." in said
    assert set(Video.objects.values_list("recorded_at", flat=True)) == {NOON}


# Titles


def test_titles_are_previewed_before_they_change(as_alice, library, films) -> None:
    services.video_rename(video=films[2], title="Lake")
    preview = sent(as_alice, library, films, "titles", find="GOPR", put="GoPro ")
    assert "Change 2 titles?" in preview
    assert '<s class="muted">GOPR000 boat</s>' in preview
    assert "GoPro 000 boat" in preview
    assert films[0].title == Video.objects.get(pk=films[0].pk).title
    said = sent(as_alice, library, films, "titles-sure", find="GOPR", put="GoPro ")
    assert "2 videos renamed; 1 left as it was" in said
    assert sorted(Video.objects.values_list("title", flat=True)) == ["GoPro 000 boat", "GoPro 001 boat", "Lake"]
    assert Segment.objects.filter(video=films[0], words="gopro").exists()


def test_a_title_never_becomes_nothing(as_alice, library, films) -> None:
    for film in films:
        services.video_rename(video=film, title="boat")
    assert "Change 0 titles?" in sent(as_alice, library, films, "titles", find="boat", put="")
    assert "No videos renamed" in sent(as_alice, library, films, "titles-sure", find="boat", put=" ")
    assert set(Video.objects.values_list("title", flat=True)) == {"boat"}


# Index again, trash


def test_they_are_indexed_again_but_for_those_under_way(as_alice, library, films) -> None:
    services.video_reindex(video=films[0])
    assert "2 videos will be indexed again; 1 left as it was: under way already." in sent(
        as_alice, library, films, "reindex"
    )


def test_the_trash_asks_first_and_says_what_happens(as_alice, library, films) -> None:
    asked = sent(as_alice, library, films, "trash")
    assert "Move 3 videos to the trash?" in asked
    assert "For 30 days" in asked
    assert not Video.objects.exclude(trashed_at=None).exists()
    services.video_trash(video=films[0])
    said = sent(as_alice, library, films, "trash-sure")
    assert "2 videos in the trash; 1 left as it was: no longer here." in said
    assert "Trash (3)" in said


# All or nothing, and for editors


def test_it_is_one_transaction(library, films) -> None:
    def fails(video: Video) -> str:
        if video == max(films, key=lambda film: film.pk):
            raise RuntimeError
        return batch.tag_add(library, "beach")(video)

    with pytest.raises(RuntimeError):
        batch.apply(library=library, video_ids=[film.pk for film in films], change=fails)
    assert not Tag.objects.exists()


def test_videos_of_another_library_are_not_touched(as_alice, library, films) -> None:
    other = add_video(Library.objects.create(name="Other"), stored_space(), [showing("cat")], title="GOPR not ours")
    said = sent(as_alice, library, [films[0], other], "titles-sure", find="GOPR", put="")
    assert "1 video renamed; 1 left as it was: no longer here." in said
    assert "GOPR not ours" not in sent(as_alice, library, [films[0], other], "titles", find="GOPR", put="")
    other.refresh_from_db()
    assert other.title == "GOPR not ours"


def test_nothing_chosen_or_no_button_is_said(as_alice, library, films) -> None:
    assert "Choose at least one video" in sent(as_alice, library, [], "reindex")
    assert "Press the button" in sent(as_alice, library, films, "")
    garbled = as_alice.post(f"/library/{library.pk}/select", {"do": "reindex", "video": ["1", "x' OR"]})
    assert garbled.status_code == 400


@pytest.mark.parametrize(("role", "status"), [(None, 404), ("viewer", 403), ("editor", 200)])
def test_selecting_is_for_editors(client, charlie, library, films, role, status: int) -> None:
    if role:
        Membership.objects.create(user=charlie, library=library, role=role)
    client.force_login(charlie)
    assert client.get(f"/library/{library.pk}/select").status_code == status
    posted = client.post(f"/library/{library.pk}/select", {"do": "reindex", "video": [str(films[0].pk)]})
    assert posted.status_code == (302 if status == 200 else status)
    linked = f"/library/{library.pk}/select" in text(client.get(f"/library/{library.pk}"))
    assert linked == (status == 200)


# The edit page and the API


def test_the_edit_page_keeps_what_it_shows(as_alice, films) -> None:
    fields = {"title": "Lake", "recorded_at": "2024-07-20T12:00:00", "tags": "beach, Grandma, beach"}
    assert as_alice.post(f"/v/{films[0].pk}/edit", fields).status_code == 302
    page = text(as_alice.get(f"/v/{films[0].pk}/edit"))
    assert 'value="2024-07-20T12:00:00"' in page
    assert 'value="beach, Grandma"' in page
    film = Video.objects.get(pk=films[0].pk)
    assert (film.title, film.recorded_at, names(film)) == ("Lake", NOON, ["beach", "Grandma"])
    refused = as_alice.post(f"/v/{films[0].pk}/edit", fields | {"recorded_at": "0001-01-01T00:00"})
    assert refused.status_code == 400
    as_alice.post(f"/v/{films[0].pk}/edit", {"title": "Lake", "recorded_at": "", "tags": ""})
    film.refresh_from_db()
    assert (film.recorded_at, names(film), Tag.objects.count()) == (None, [], 0)


def test_a_program_changes_only_what_it_sends(alice, films) -> None:
    program, address = caller(alice, "write"), f"/api/v1/videos/{films[0].pk}"

    def patch(**fields):
        return program.patch(address, fields, content_type="application/json")

    assert patch(tags=["beach"]).json()["tags"] == ["beach"]
    assert patch(recorded_at="2024-07-20T14:00:00+02:00").json()["recorded_at"] == "2024-07-20T12:00:00Z"
    said = patch(title="Lake").json()
    assert (said["title"], said["tags"], said["recorded_at"]) == ("Lake", ["beach"], "2024-07-20T12:00:00Z")
    assert patch(recorded_at=None).json()["recorded_at"] is None
    assert patch(tags=["a,b"]).status_code == patch(recorded_at="2024-07-20T14:00:00").status_code == 422


# When it was shot


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ("2024-07-20T12:00:00.000000Z", True),
        ("2024-07-20T14:00:00+0200", True),
        ("1904-01-01T00:00:00.000000Z", False),  # a camera without a clock
        ("1970-01-01T00:00:00.000000Z", False),
        ("2015-01-01T00:00:00.000000Z", False),  # where cameras begin to count
        ("2024-07-22T12:00:00.000000Z", False),  # two days ahead
        ("yesterday", False),
        ("", False),
    ],
)
def test_a_files_own_date_is_believed_where_it_can_be(said: str, believed: bool) -> None:
    assert recorded_s({"creation_time": said}, NOW_S) == (NOW_S if believed else None)


def dated_video(path, moment: str):
    make_video(path, 2)
    dated = path.with_name("dated.mp4")
    with av.open(str(path)) as source, av.open(str(dated), "w") as target:
        target.metadata["creation_time"] = moment
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return dated


def test_the_date_comes_from_the_file_and_a_persons_word_goes_before_it(library, tmp_path) -> None:
    path = dated_video(tmp_path / "film.mp4", "2024-07-20T12:00:00.000000Z")
    assert probe(path).recorded_s == NOW_S
    video = services.video_import(library=library, uploaded_by=None, title="film", path=path)
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert video.recorded_at == NOON
    services.video_edit(video=video, title="film", recorded_at=None, tags=[])
    services.video_reindex(video=video)
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert (video.status, video.recorded_at) == ("ready", None), "what a person cleared stays empty"


def test_a_file_without_a_date_leaves_it_empty(library, tmp_path, monkeypatch) -> None:
    without_decoding(monkeypatch)
    video = placeholder_video(library, tmp_path)
    pipeline.index_video(video.pk, ColourEngine())
    video.refresh_from_db()
    assert video.recorded_at is None
