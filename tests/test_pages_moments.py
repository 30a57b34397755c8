"""The moments of a video as files: what editors and spreadsheets read, and who may have them."""

import csv
import io

import opentimelineio as otio
import pytest

from indexer.models import Library, Video
from search.intervals import Interval, intervals, total_s
from search.results import HeatStep
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space
from webapp.pages.moment_files import RATES, Moments, as_chapters, as_edl, as_fcpxml, timeline

QUERY = "dog"


def steps(*scores: float) -> list[HeatStep]:
    return [HeatStep(2.0 * i, 2.0 * i + 2, score, score) for i, score in enumerate(scores)]


def test_intervals_are_runs_of_steps_that_match_well_enough() -> None:
    found = intervals(steps(0.1, 0.6, 0.9, 0.7, 0.2, 0.8, 0.4), at_least=0.5)
    assert found == [Interval(2, 8, 4, 0.9), Interval(10, 12, 10, 0.8)]
    assert total_s(found) == 8
    assert intervals(steps(0.1), at_least=0.5) == []
    assert intervals(steps(0.5), at_least=0.5) == [Interval(0, 2, 0, 0.5)]


def moments(fps: float | None = 25.0, title: str = "Holiday.mov", query: str = QUERY) -> Moments:
    found = [Interval(1.0, 3.0, 2.0, 0.9), Interval(10.5, 12.0, 11.0, 0.6)]
    return Moments(title, "video/quicktime", 60.0, fps, query, found)


def test_a_cut_list_holds_the_frames_of_the_file() -> None:
    edl = as_edl(moments())
    assert "00:00:01:00 00:00:03:00 00:00:00:00 00:00:02:00" in edl
    assert "00:00:10:12 00:00:12:00 00:00:02:00 00:00:03:13" in edl
    again = otio.adapters.read_from_string(edl, "cmx_3600", rate=25)
    assert len(list(again.find_clips())) == 2


@pytest.mark.parametrize(
    ("fps", "rate"), [(29.97, 30000 / 1001), (23.98, 24000 / 1001), (None, 25), (14.2, 24000 / 1001)]
)
def test_it_takes_the_nearest_rate_that_editors_know(fps: float | None, rate: float) -> None:
    assert moments(fps).rate == pytest.approx(rate)
    (first, _) = timeline(moments(fps)).find_clips()
    assert first.source_range.start_time.to_seconds() == pytest.approx(1.0, abs=0.03)
    assert as_edl(moments(fps)).startswith("TITLE: dog")


@pytest.mark.parametrize("fps", RATES)
def test_an_editor_reads_a_cut_list_of_any_rate(fps: float) -> None:
    written = as_fcpxml(moments(fps))
    first, second = otio.adapters.read_from_string(written, "fcpx_xml").find_clips()
    assert first.trimmed_range().start_time.to_seconds() == pytest.approx(1.0, abs=0.05)
    assert second.trimmed_range().duration.to_seconds() == pytest.approx(1.5, abs=0.05)
    ticks, second_s = written.split('frameDuration="')[1].split('s"')[0].split("/")
    assert int(second_s) / int(ticks) == pytest.approx(fps)


def test_the_media_has_the_name_of_the_persons_file() -> None:
    assert moments(title="Holiday.mov").file_name == "Holiday.mov"
    assert moments(title="Holiday").file_name == "Holiday.mov"


def test_chapters_cannot_be_broken_by_the_query() -> None:
    chapters = as_chapters(moments(query="a --> b\n\n<c>& d"))
    assert chapters.split("\n\n")[1] == "00:00:01.000 --> 00:00:03.000\na to b &lt;c>&amp; d 1"


@pytest.fixture
def _fake_model(monkeypatch) -> None:
    monkeypatch.setattr("webapp.pages.video.engine", FakeEngine)


@pytest.fixture
def film(library: Library) -> Video:
    quiet = showing("snow", seed=1)
    film = [*[quiet] * 5, *[showing("dog", 0.9, seed=2)] * 3, *[quiet] * 5]
    return add_video(library, stored_space(), film, title="=Film")


@pytest.mark.django_db
@pytest.mark.usefixtures("_fake_model")
def test_the_table_is_what_the_page_lists(as_alice, film: Video) -> None:
    answer = as_alice.get(f"/v/{film.pk}/moments.csv", {"q": QUERY, "at_least": 40})
    assert answer["Content-Disposition"] == 'attachment; filename="film-dog.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["start_s"], row["end_s"], row["title"]) == ("10.00", "18.00", "'=Film")
    everything = as_alice.get(f"/v/{film.pk}/moments.csv", {"q": QUERY, "at_least": 0})
    (row,) = csv.DictReader(io.StringIO(everything.content.decode()))
    assert (row["start_s"], row["end_s"]) == ("0.00", "28.00")


@pytest.mark.django_db
@pytest.mark.usefixtures("_fake_model")
@pytest.mark.parametrize(("ending", "adapter"), [("edl", "cmx_3600"), ("fcpxml", "fcpx_xml")])
def test_editors_read_what_it_writes(as_alice, film: Video, ending: str, adapter: str) -> None:
    answer = as_alice.get(f"/v/{film.pk}/moments.{ending}", {"q": QUERY, "at_least": 40})
    (clip,) = otio.adapters.read_from_string(answer.content.decode(), adapter).find_clips()
    assert clip.trimmed_range().start_time.to_seconds() == pytest.approx(10)
    assert clip.trimmed_range().duration.to_seconds() == pytest.approx(8)


@pytest.mark.django_db
@pytest.mark.usefixtures("_fake_model")
def test_no_moment_is_an_empty_file(as_alice, film: Video) -> None:
    for ending in ("csv", "vtt", "edl", "fcpxml"):
        assert as_alice.get(f"/v/{film.pk}/moments.{ending}", {"q": "rocket", "at_least": 99}).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("_fake_model")
def test_it_refuses_what_makes_no_sense_and_who_may_not_see(client, charlie, as_alice, film: Video) -> None:
    address = f"/v/{film.pk}/moments"
    assert as_alice.get(f"{address}.csv").status_code == 400
    assert as_alice.get(f"{address}.csv", {"q": QUERY, "at_least": 101}).status_code == 400
    assert as_alice.get(f"{address}.exe", {"q": QUERY}).status_code == 404
    client.force_login(charlie)
    assert client.get(f"{address}.csv", {"q": QUERY}).status_code == 404


@pytest.mark.django_db
def test_without_the_model_it_says_so(as_alice, film: Video, monkeypatch) -> None:
    monkeypatch.setattr("webapp.pages.video.engine", AwayEngine)
    answer = as_alice.get(f"/v/{film.pk}/moments.csv", {"q": QUERY})
    assert answer.status_code == 503
    assert "Try again in a minute" in answer.content.decode()
