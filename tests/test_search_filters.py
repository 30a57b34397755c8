"""Search narrowed by what is known of a video and of its moments: on the page, by programs, in saved searches."""

import html
import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from indexer import services, tags
from indexer.models import Caption, Library, Membership, Video
from search.engine import search
from search.filters import OF_SEGMENTS, OF_VIDEOS, Filters
from search.results import SearchRequest
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space
from tests.test_api import caller
from webapp.pages.fields import seconds_of
from webapp.saved.models import SavedSearch

pytestmark = pytest.mark.django_db

CLIP, FILM = "Short clip", "Long film"
# As a person asks, what finds only the film, and how it is said back.
CHOICES = [
    ({"tag": "Beach"}, "tagged beach"),
    ({"recorded_since": "2024-07-20"}, "recorded from 20 Jul 2024"),
    ({"recorded_since": "2024-07-20", "recorded_until": "2024-07-20"}, "recorded from 20 Jul 2024 to 20 Jul 2024"),
    ({"longer": "1 min"}, "longer than 1:00"),
    ({"longer": "90", "shorter": "1:00:00"}, "longer than 1:30, shorter than 1:00:00"),
    ({"orientation": "portrait"}, "portrait pictures"),
    ({"uploader": "bob"}, "uploaded by bob"),
    ({"captioned": "yes"}, "with a caption"),
]
# What finds only the clip: the same filters the other way round.
OTHERS = [
    {"tag": "snow"},
    {"recorded_until": "2024-07-19"},
    {"shorter": "1 min"},
    {"orientation": "landscape"},
    {"uploader": "alice"},
]


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    cache.clear()
    for module in ("pages.search", "api.searching"):
        monkeypatch.setattr(f"webapp.{module}.engine", FakeEngine)


@pytest.fixture
def both(library: Library, alice: User, bob: User) -> list[Video]:
    """A film and a clip that show the same and differ in everything else."""
    space = stored_space()
    clip, film = (add_video(library, space, [showing("dog", 0.9)] * 3, title=title) for title in (CLIP, FILM))
    facts = [
        (clip, alice, 20.0, (640, 360), datetime(2020, 1, 1, tzinfo=UTC), ["snow"]),
        (film, bob, 1800.0, (360, 640), datetime(2024, 7, 20, 23, 59, tzinfo=UTC), ["beach", "dog"]),
    ]
    for video, person, duration_s, (width, height), recorded_at, names in facts:
        Video.objects.filter(pk=video.pk).update(
            uploaded_by=person, duration_s=duration_s, width_px=width, height_px=height, recorded_at=recorded_at
        )
        tags.tags_set(video=video, names=names)
    segment = film.segments.get()
    Caption.objects.create(
        video=film, space=space, start_s=segment.start_s, end_s=segment.end_s, text="a dog", agreement=0.9
    )
    return [clip, film]


def page(client, **asked) -> str:
    return html.unescape(" ".join(client.get("/search", {"q": "dog"} | asked).content.decode().split()))


def found(shown: str) -> set[str]:
    return set(re.findall(r'<h2><a class="quiet"[^>]*>([^<]*)</a></h2>', shown))


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(("asked", "said"), CHOICES)
def test_it_finds_with_a_filter_what_fits_and_says_the_filter_back(as_alice, asked, said: str) -> None:
    assert found(page(as_alice)) == {CLIP, FILM}
    shown = page(as_alice, **asked)
    assert found(shown) == {FILM}
    assert f"in all libraries, {said}:" in shown
    assert '<details class="fold" open>' in shown


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("asked", OTHERS)
def test_the_same_filter_the_other_way_round_finds_the_other(as_alice, asked) -> None:
    assert found(page(as_alice, **asked)) == {CLIP}


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(("asked", "_said"), CHOICES)
def test_a_program_and_a_saved_search_take_them_too(as_alice, alice, asked, _said: str) -> None:
    videos = caller(alice).get("/api/v1/search", {"q": "dog"} | asked).json()["videos"]
    assert [video["title"] for video in videos] == [FILM]
    parameters = "&".join(f"{name}={value}" for name, value in ({"q": "dog"} | asked).items())
    as_alice.post("/saved/new", {"name": "Kept", "asked": parameters})
    assert set(asked) <= set(dict(part.split("=") for part in SavedSearch.objects.get().asked.split("&")))
    assert found(html.unescape(as_alice.get(f"/search?{SavedSearch.objects.get().asked}").content.decode())) == {FILM}


def test_filters_hold_for_words_and_for_steps_and_together(library, both) -> None:
    only_film = Filters(tag="BEACH", longer_than_s=60.0, captioned=True, orientation="portrait")
    for text, engine in (("dog", FakeEngine()), ("film", AwayEngine()), ("dog then dog within 1 min", FakeEngine())):
        results = search(SearchRequest(text, (library.pk,), filters=only_film, cutoff=0.1), engine)
        assert [video.title for video in results.videos] == [FILM], text
    nothing = Filters(tag="beach", orientation="landscape")
    results = search(SearchRequest("dog", (library.pk,), filters=nothing), FakeEngine())
    assert (results.videos, results.nearest) == ([], [])


def test_a_caption_is_asked_of_the_moment_not_of_the_video(library) -> None:
    space = stored_space()
    video = add_video(library, space, [*[showing("dog", 0.9)] * 6, *[showing("cat", 0.9)] * 6])
    first = video.segments.order_by("start_s").first()
    assert video.segments.count() == 2
    Caption.objects.create(
        video=video, space=space, start_s=first.start_s, end_s=first.end_s, text="a dog", agreement=0.9
    )
    for word, n_found in (("dog", 1), ("cat", 0)):
        request = SearchRequest(word, (library.pk,), filters=Filters(captioned=True), cutoff=0.5)
        assert len(search(request, FakeEngine()).videos) == n_found


def test_what_is_not_known_of_a_video_leaves_it_out(library) -> None:
    video = add_video(library, stored_space(), [showing("dog", 0.9)] * 3)
    Video.objects.filter(pk=video.pk).update(duration_s=8.0, width_px=100, height_px=100)
    for filters in (Filters(recorded_to=datetime(2100, 1, 1, tzinfo=UTC)), Filters(orientation="portrait")):
        assert search(SearchRequest("dog", (library.pk,), filters=filters), FakeEngine()).videos == []


def test_every_filter_has_one_condition() -> None:
    assert sorted({*OF_VIDEOS, *OF_SEGMENTS}) == sorted(Filters.__dataclass_fields__)


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"tag": "mountain"}, "No video that you may see has the tag “mountain”."),
        ({"longer": "soon"}, "“soon” is no length"),
        ({"shorter": "0"}, "“0” is no length"),
        ({"longer": "2 min", "shorter": "90 s"}, "longer than the first length and shorter than the second"),
        ({"recorded_since": "2024-02-02", "recorded_until": "2024-01-01"}, "The first date lies after the second"),
        ({"orientation": "round"}, "Select a valid choice"),
        ({"uploader": "charlie"}, "Select a valid choice"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_with_a_sentence(as_alice, alice, charlie, asked, says: str) -> None:
    assert as_alice.get("/search", {"q": "dog"} | asked).status_code == 400
    assert says in page(as_alice, **asked)
    assert caller(alice).get("/api/v1/search", {"q": "dog"} | asked).status_code == 422


def test_tags_and_people_of_other_libraries_are_not_offered(client, charlie, library, both) -> None:
    own = services.library_create(name="Own", owner=charlie)
    add_video(own, stored_space(), [showing("dog", 0.9)] * 3)
    client.force_login(charlie)
    shown = page(client)
    assert 'value="beach"' not in shown
    assert 'value="bob"' not in shown
    assert client.get("/search", {"q": "dog", "tag": "beach"}).status_code == 400
    Membership.objects.create(user=charlie, library=library, role="viewer")
    assert '<option value="beach">' in page(client)
    services.video_trash(video=both[1])
    assert '<option value="beach">' not in page(client), "its only video lies in the trash"


@pytest.mark.parametrize(
    ("text", "seconds"), [("45", 45), ("90 s", 90), ("2min", 120), ("1.5 h", 5400), ("0:59", 59), ("-3", None)]
)
def test_a_length_is_read_as_people_write_it(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds
