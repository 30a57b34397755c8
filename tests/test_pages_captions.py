"""Captions on the pages: shown, marked where unsure, begun and stopped, exported; and nothing for strangers."""

import re

import pytest
from django.test import Client

from indexer import captions
from indexer.models import Caption, Library, Space, Video
from tests.search_world import FakeEngine, add_video, showing, stored_space
from webapp.pages.exports import vtt_time

Status = Video.Status
pytestmark = pytest.mark.django_db
SAID = ["Snow & <ice> --> slowly", "", "A dog runs"]


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    for module in ("search", "video"):
        monkeypatch.setattr(f"webapp.pages.{module}.engine", FakeEngine)


@pytest.fixture
def video(library: Library) -> Video:
    """Three segments and no captions yet."""
    snow, train, dog = showing("snow", seed=1), showing("train", 0.9, seed=3), showing("dog", 0.9, seed=2)
    made = add_video(library, stored_space(), [snow] * 6 + [train] * 6 + [dog] * 4, title="Häuser / day")
    Video.objects.update(indexed_at=made.created_at, media_status=Status.READY)
    assert made.segments.count() == len(SAID)
    return made


@pytest.fixture
def captioned(video: Video) -> Video:
    space = Space.objects.get()
    segments = zip(video.segments.order_by("start_s"), SAID, (0.2, 0.0, 0.8), strict=True)
    rows = [
        Caption(video=video, space=space, start_s=s.start_s, end_s=s.end_s, text=text, agreement=agreement)
        for s, text, agreement in segments
    ]
    captions.keep(video, space, rows)
    Video.objects.update(caption_status=Status.READY)
    return video


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def panel(client: Client, video: Video, **fields) -> str:
    Video.objects.update(**fields)
    return text(client.get(f"/fragments/captions/{video.pk}"))


# The video page and the results


def test_it_shows_each_segments_caption_and_marks_the_unsure_one(as_alice, captioned):
    page = text(as_alice.get(f"/v/{captioned.pk}"))
    assert ">unsure</span> Snow &amp; &lt;ice&gt; --&gt; slowly</span>" in page
    assert ">A dog runs</span>" in page
    assert page.count('class="unsure"') == 1
    assert page.count('class="segment-words"') == 2
    assert "Write captions" not in page


def test_results_show_the_caption_of_the_hit(as_alice, captioned):
    page = text(as_alice.get("/search?q=dog"))
    assert ">A dog runs</span>" in page
    assert 'class="unsure"' not in page
    assert 'class="unsure"' in text(as_alice.get("/search?q=snow"))


# Progress, begin and stop


def test_it_polls_while_captions_are_written_and_then_stops(as_alice, video):
    waiting = panel(as_alice, video)
    assert "Captions wait for a worker" in waiting
    assert "Stop captions" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    first = video.segments.order_by("start_s").first()
    Caption.objects.create(
        video=video, space=first.space, start_s=first.start_s, end_s=first.end_s, text="Snow", agreement=0.7
    )
    assert "Writing captions, 33 % written" in panel(as_alice, video, caption_status=Status.INDEXING)
    answer = as_alice.get(f"/fragments/captions/{video.pk}")
    assert "HX-Trigger" not in answer
    assert "2 of 3 segments have no caption" in panel(as_alice, video, caption_status=Status.READY)
    answer = as_alice.get(f"/fragments/captions/{video.pk}")
    assert "captions" in answer["HX-Trigger"], "the strip is told to show them"
    assert "every 2s" not in text(answer)
    assert ">Snow</span>" in text(as_alice.get(f"/fragments/segments/{video.pk}?q=dog"))


def test_it_says_why_there_are_no_captions(as_alice, video):
    for error, button in ((captions.NO_DECODER, False), (captions.OTHER_MODEL, False), ("", True)):
        said = panel(as_alice, video, caption_status=Status.READY, caption_error=error)
        assert (error or "No captions yet") in said
        assert ("Write captions" in said) is button
    failed = panel(as_alice, video, caption_status=Status.FAILED, caption_error="The model does not answer.")
    assert "The model does not answer." in failed
    assert "Write captions" in failed


def test_an_editor_begins_and_stops_them(as_alice, video):
    Video.objects.update(caption_status=Status.CANCELLED)
    assert "Captions wait for a worker" in text(as_alice.post(f"/v/{video.pk}/captions", follow=True))
    video.refresh_from_db()
    assert video.caption_status == Status.UPLOADED
    assert "already being written" in text(as_alice.post(f"/v/{video.pk}/captions", follow=True))
    assert "Write captions" in text(as_alice.post(f"/v/{video.pk}/captions/stop", follow=True))
    video.refresh_from_db()
    assert video.caption_status == Status.CANCELLED
    assert "nothing to stop" in text(as_alice.post(f"/v/{video.pk}/captions/stop", follow=True))
    assert as_alice.get(f"/v/{video.pk}/captions").status_code == 405


def test_a_viewer_looks_and_changes_nothing(client, bob, video):
    client.force_login(bob)
    assert "Stop captions" not in panel(client, video)
    assert "Write captions" not in panel(client, video, caption_status=Status.CANCELLED)
    for path in ("captions", "captions/stop"):
        assert client.post(f"/v/{video.pk}/{path}").status_code == 403
    assert client.get(f"/v/{video.pk}/segments.json").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/v/{}/segments.vtt"),
        ("get", "/v/{}/segments.json"),
        ("get", "/fragments/captions/{}"),
        ("get", "/fragments/segments/{}"),
        ("post", "/v/{}/captions"),
        ("post", "/v/{}/captions/stop"),
    ],
)
def test_a_stranger_meets_a_404_and_a_guest_the_door(client, charlie, captioned, method, path):
    assert getattr(client, method)(path.format(captioned.pk)).status_code == 302
    client.force_login(charlie)
    assert getattr(client, method)(path.format(captioned.pk)).status_code == 404
    captioned.refresh_from_db()
    assert captioned.caption_status == Status.READY


# Exports


def test_the_webvtt_is_one_that_players_read(as_alice, captioned):
    answer = as_alice.get(f"/v/{captioned.pk}/segments.vtt")
    assert answer["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="hauser-day.vtt"'
    head, *cues = answer.content.decode().rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    assert [cue.split("\n")[1] for cue in cues] == [
        "<c.unsure>Snow &amp; &lt;ice&gt; --&gt; slowly</c>",
        "A dog runs",
    ], "a segment without words has no cue"
    times = [re.fullmatch(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})", cue.split("\n")[0]) for cue in cues]
    assert all(times)
    first, last = captioned.segments.order_by("start_s").first(), captioned.segments.order_by("start_s").last()
    assert times[0].groups() == (vtt_time(first.start_s), vtt_time(first.end_s))
    assert times[1].groups() == (vtt_time(last.start_s), vtt_time(last.end_s))


def test_times_carry_over_into_the_next_second():
    assert [vtt_time(s) for s in (0, 59.9996, 36_000.25)] == ["00:00:00.000", "00:01:00.000", "10:00:00.250"]


def test_the_json_holds_every_segment(as_alice, captioned):
    answer = as_alice.get(f"/v/{captioned.pk}/segments.json").json()
    assert answer["video"] == {"id": str(captioned.pk), "title": "Häuser / day", "duration_s": captioned.duration_s}
    assert answer["space"] == {"model": "fake", "version": "v1"}
    assert [(s["caption"], s["agreement"], s["unsure"]) for s in answer["segments"]] == [
        (SAID[0], 0.2, True),
        (None, None, None),
        (SAID[2], 0.8, False),
    ]
    edges = [(s["start_s"], s["end_s"]) for s in answer["segments"]]
    assert edges == list(captioned.segments.order_by("start_s").values_list("start_s", "end_s"))


def test_a_video_without_an_index_exports_nothing(as_alice, library):
    bare = Video.objects.create(library=library, title="***", original="videos/x/original", size_bytes=1)
    assert as_alice.get(f"/v/{bare.pk}/segments.vtt").content == b"WEBVTT\n"
    answer = as_alice.get(f"/v/{bare.pk}/segments.json")
    assert (answer.json()["segments"], answer.json()["space"]) == ([], None)
    assert 'filename="video.json"' in answer["Content-Disposition"]
