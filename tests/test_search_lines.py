"""Search by what is said and written: fused by rank, quoted, landed on, and seen by nobody else."""

import pytest
from django.test import Client

from indexer import services
from indexer.models import Library, Space, Video
from search.engine import search
from search.filters import Filters
from search.lines import lines_by_words
from search.results import Results, SearchRequest
from search.retrieve import Pool
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space
from tests.test_api import caller
from tests.track_world import add_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def space() -> Space:
    return stored_space()


def ask(text: str, library: Library, engine: FakeEngine | None = None, **choices: object) -> Results:
    return search(SearchRequest(text, (library.pk,), **choices), engine or FakeEngine())


def quiet(library: Library, space: Space, title: str = "Clip", n: int = 10) -> Video:
    """Shows nothing that anybody asks for."""
    return add_video(library, space, [showing("snow", seed=i) for i in range(n)], title=title)


def test_a_line_is_a_hit_quoted_and_landed_on(library, space):
    video = quiet(library, space)
    add_lines(video, (2.0, 4.0, "Good morning"), (11.5, 14.0, "We cross the old bridges at noon"))
    results = ask("old bridge", library)
    ((hit,),) = [found.hits for found in results.videos]
    assert (hit.reason, hit.words_in, hit.best_s, hit.start_s, hit.end_s) == ("words", "said", 11.5, 11.5, 14.0)
    assert hit.line == "We cross the old bridges at noon"
    assert [part for part, found in hit.quote if found] == ["old", "bridges"]


def test_what_is_written_says_so(library, space):
    add_lines(quiet(library, space), (6.0, 9.0, "PLATFORM 9"), kind="written")
    (video,) = ask("platform 9", library).videos
    assert (video.hits[0].words_in, video.hits[0].best_s) == ("written", 6.0)


def test_a_moment_that_is_seen_and_said_is_one_hit(library, space):
    video = add_video(library, space, [showing("dog", 0.9)] * 6, title="Clip")
    add_lines(video, (3.0, 5.0, "look at the dog"))
    (hit,) = ask("dog", library).videos[0].hits
    assert (hit.reason, hit.words_in, hit.best_s, hit.line) == ("both", "said", 3.0, "look at the dog")


def test_every_line_is_a_moment_and_one_talk_does_not_fill_the_list(library, space):
    video = quiet(library, space, n=30)
    add_lines(video, *((s, s + 1.0, "the bridge again") for s in range(0, 60, 5)))
    hits = ask("bridge", library).videos[0].hits
    assert [hit.best_s for hit in hits] == [0, 5, 10, 15, 20]


def test_lines_rank_by_how_well_they_fit_and_fuse_with_what_is_seen(library, space):
    seen = add_video(library, space, [showing("dog", 0.9)] * 4, title="Seen")
    said, far = quiet(library, space, "Said"), quiet(library, space, "Far")
    add_lines(said, (1.0, 2.0, "dog dog"))
    add_lines(far, (1.0, 9.0, "a dog, and many other words that have nothing at all to do with it"))
    both = add_video(library, space, [showing("dog", 0.8)] * 4, title="Both")
    add_lines(both, (1.0, 2.0, "dog"))
    found = [video.title for video in ask("dog", library).videos]
    assert found[0] == "Both", "first in two rankings beats first in one"
    assert set(found) == {seen.title, said.title, far.title, both.title}
    pool = Pool(space, (library.pk,))
    assert lines_by_words(pool, "dog")[0].video_id == said.pk, "twice in a line ranks above once"


def test_without_lines_nothing_changes(library, space):
    for i, likeness in enumerate((0.9, 0.8, 0.7)):
        add_video(library, space, [showing("dog", likeness, seed=i)] * 4, title=f"dog {i}")
    before = ask("dog", library)
    add_lines(Video.objects.get(title="dog 2"), (1.0, 2.0, "nothing of the kind"))
    after = ask("dog", library)
    assert [(v.title, v.hits) for v in before.videos] == [(v.title, v.hits) for v in after.videos]


def test_minus_quotes_and_filters_hold_for_lines(library, space):
    video = quiet(library, space)
    add_lines(video, (2.0, 4.0, "a red ball on the table"), (8.0, 9.0, "the ball was red"))
    pool = Pool(space, (library.pk,))
    assert [line.start_s for line in lines_by_words(pool, "red ball", ["table"])] == [8.0]
    assert [h.best_s for v in ask('"red ball"', library).videos for h in v.hits] == [2.0]
    assert lines_by_words(Pool(space, (library.pk,), Filters(longer_than_s=600)), "ball") == []
    assert lines_by_words(Pool(space, (library.pk,), Filters(captioned=True)), "ball") == []


def test_what_is_said_is_found_while_the_model_is_away(library, space):
    add_lines(quiet(library, space), (2.0, 4.0, "a word about bridges"))
    results = ask("bridge", library, AwayEngine())
    assert [hit.best_s for hit in results.videos[0].hits] == [2.0]
    assert "transcripts" in results.notice


def test_lines_of_other_libraries_and_of_the_trash_are_not_met(library, space, alice):
    elsewhere = quiet(Library.objects.create(name="Theirs"), space)
    add_lines(elsewhere, (1.0, 2.0, "secret bridge"))
    mine = quiet(library, space)
    add_lines(mine, (1.0, 2.0, "my bridge"))
    assert {v.video_id for v in ask("bridge", library).videos} == {mine.pk}
    services.video_trash(video=mine)
    assert ask("bridge", library).videos == []
    services.video_restore(video=Video.objects.get(pk=mine.pk))
    assert [v.video_id for v in ask("bridge", library).videos] == [mine.pk]


# Pages and API: the parent's permission


@pytest.fixture
def talk(library: Library, space: Space) -> Video:
    video = quiet(library, space, "Talk")
    add_lines(video, (2.0, 4.0, "Tea & cake <3"))
    add_lines(video, (3.0, 6.0, "EXIT"), kind="written")
    return video


def test_the_transcript_is_on_the_page_and_in_files(as_alice, talk):
    page = as_alice.get(f"/v/{talk.pk}").content.decode()
    assert "Tea &amp; cake &lt;3" in page
    assert "EXIT" in page
    vtt = as_alice.get(f"/v/{talk.pk}/transcript.vtt?kind=said").content.decode()
    assert vtt == "WEBVTT\n\n00:00:02.000 --> 00:00:04.000\nTea &amp; cake &lt;3\n"
    entries = as_alice.get(f"/v/{talk.pk}/transcript.json").json()["lines"]
    assert [(e["kind"], e["start_s"], e["text"]) for e in entries] == [
        ("said", 2.0, "Tea & cake <3"),
        ("written", 3.0, "EXIT"),
    ]
    assert as_alice.get(f"/v/{talk.pk}/transcript.json?kind=sung").status_code == 400


@pytest.mark.parametrize("path", ["transcript.vtt", "transcript.json"])
def test_a_stranger_and_the_trash_meet_no_transcript(client: Client, charlie, alice, talk, path):
    client.force_login(charlie)
    assert client.get(f"/v/{talk.pk}/{path}").status_code == 404
    assert client.get(f"/fragments/transcript/{talk.pk}").status_code == 404
    assert caller(charlie).get(f"/api/v1/videos/{talk.pk}/lines").status_code == 404
    client.force_login(alice)
    services.video_trash(video=talk)
    assert client.get(f"/v/{talk.pk}/{path}").status_code == 404
    assert caller(alice).get(f"/api/v1/videos/{talk.pk}/lines").status_code == 404


def test_only_who_may_change_the_library_switches(client: Client, bob, charlie, alice, library, talk):
    for person, status in ((charlie, 404), (bob, 403)):
        client.force_login(person)
        assert client.get(f"/library/{library.pk}/transcripts").status_code == status
        switch = client.post(f"/library/{library.pk}/transcripts/switch", {"kind": "said", "on": "yes"})
        assert switch.status_code == status
        refused = caller(person, "write").put(
            f"/api/v1/libraries/{library.pk}/tracks/said", {"on": True}, "application/json"
        )
        assert refused.status_code == status
        assert client.post(f"/v/{talk.pk}/subtitles/remove").status_code == status
    library.refresh_from_db()
    assert not library.hears_speech
    answer = caller(alice, "write").put(
        f"/api/v1/libraries/{library.pk}/tracks/written", {"on": True}, "application/json"
    )
    assert (answer.status_code, answer.json()["on"]) == (200, True)


def test_the_page_says_what_to_install(as_alice, library, talk, monkeypatch):
    monkeypatch.setattr("webapp.tracks.shown.is_installed", lambda kind, folder: False)
    talk.tracks.update(model="")
    page = as_alice.get(f"/library/{library.pk}/transcripts").content.decode()
    assert page.count("make tracks") == 2
    as_alice.post(f"/library/{library.pk}/transcripts/switch", {"kind": "said", "on": "yes"})
    assert "make tracks" in as_alice.get(f"/library/{library.pk}/transcripts").content.decode()


def test_the_api_lists_lines_and_takes_subtitles(alice, library, talk, tmp_path):
    program = caller(alice, "write")
    said = program.get(f"/api/v1/videos/{talk.pk}/lines?kind=said").json()
    assert [(line["text"], line["model"], line["imported"]) for line in said["items"]] == [
        ("Tea & cake <3", "whisper", False)
    ]
    file = tmp_path / "own.srt"
    file.write_text("1\n00:00:01,000 --> 00:00:02,000\nUnter der Brücke\n", encoding="utf-8")
    for _ in range(2):
        with file.open("rb") as sent:
            answer = program.post(f"/api/v1/videos/{talk.pk}/subtitles", {"file": sent})
        assert (answer.status_code, answer.json()) == (200, {"n_lines": 1})
    lines = program.get(f"/api/v1/videos/{talk.pk}/lines").json()["items"]
    assert [line["text"] for line in lines] == ["Unter der Brücke", "EXIT"]
    assert [h.line for v in ask("Brücke", library).videos for h in v.hits] == ["Unter der Brücke"]


def test_subtitles_of_ones_own_stay_and_go(as_alice, library, talk, tmp_path):
    file = tmp_path / "own.vtt"
    file.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHello bridge\n", encoding="utf-8")
    with file.open("rb") as sent:
        as_alice.post(f"/v/{talk.pk}/subtitles", {"file": sent})
    as_alice.post(f"/library/{library.pk}/transcripts/switch", {"kind": "said", "on": "yes"})
    track = talk.tracks.get(kind="said")
    assert (track.is_imported, track.status, track.model) == (True, "ready", "own.vtt"), "no model writes over them"
    bad = tmp_path / "bad.srt"
    bad.write_text("nothing", encoding="utf-8")
    with bad.open("rb") as sent:
        refused = as_alice.post(f"/v/{talk.pk}/subtitles", {"file": sent})
    assert (refused.status_code, b"no subtitles" in refused.content) == (400, True)
    as_alice.post(f"/v/{talk.pk}/subtitles/remove")
    track = talk.tracks.get(kind="said")
    assert (track.is_imported, track.status) == (False, "waiting"), "now the library's worker may listen"


def test_a_search_page_says_how_a_line_was_found(as_alice, talk, monkeypatch):
    monkeypatch.setattr("webapp.pages.search.engine", FakeEngine)
    page = as_alice.get("/search?q=cake").content.decode()
    assert '<span class="why">said</span>' in page
    assert "<mark>cake</mark> &lt;3" in page
    hit = caller(talk.library.memberships.get(role="owner").user)
    monkeypatch.setattr("webapp.api.searching.engine", FakeEngine)
    found = hit.get("/api/v1/search?q=cake").json()["videos"][0]["hits"][0]
    assert (found["words_in"], found["line"], found["best_s"]) == ("said", "Tea & cake <3", 2.0)
