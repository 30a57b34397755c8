"""Label sets: segments get the nearest name from stored embeddings; pages, table and search filter follow."""

import csv
import io

import pytest
from django.db import transaction

from indexer import services
from indexer.models import Label, LabelSet, Library, Segment, SegmentLabel, Video
from model_server.engine import EngineError
from search import labels
from search.engine import search
from search.filters import Filters
from search.results import SearchRequest
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space

pytestmark = pytest.mark.django_db

NAMES = ["dog", "cat", "train"]


@pytest.fixture
def pets(library: Library) -> Video:
    """A dog, then a cat, then something that no label names."""
    shots = [showing("dog", 0.9, k) for k in range(6)] + [showing("cat", 0.9, k) for k in range(6)]
    return add_video(library, stored_space(), [*shots, *[showing("pie", 0.9, k) for k in range(6)]], title="Pets")


@pytest.fixture
def label_set(library: Library, pets: Video) -> LabelSet:
    made = labels.label_set_create(library_id=library.pk, name="Animals", names=NAMES)
    labels.label_missing(made, FakeEngine())
    return made


def given(video: Video) -> list[tuple[str, bool]]:
    rows = SegmentLabel.objects.filter(segment__video=video).order_by("segment__start_s")
    return [(row.label.name, row.sure) for row in rows.select_related("label")]


def test_each_segment_gets_the_nearest_name_and_a_guess_is_no_label(label_set, pets):
    found = given(pets)
    assert len(found) == Segment.objects.filter(video=pets).count() == 3
    assert found[:2] == [("dog", True), ("cat", True)]
    assert not found[2][1]


def test_labelling_again_changes_nothing_and_new_videos_are_labelled_as_they_come(label_set, pets, library):
    before = list(SegmentLabel.objects.values_list("pk", flat=True))
    labels.label_waiting(FakeEngine())
    assert list(SegmentLabel.objects.values_list("pk", flat=True)) == before
    later = add_video(library, stored_space(), [showing("train", 0.9)] * 3)
    assert labels.progress(label_set) == labels.Progress(4, 3)
    labels.label_waiting(FakeEngine())
    assert given(later) == [("train", True)]
    assert labels.progress(label_set).is_done


def test_a_run_that_was_killed_goes_on(library, pets, monkeypatch):
    made = labels.label_set_create(library_id=library.pk, name="Animals", names=NAMES)
    monkeypatch.setattr(labels, "BATCH", 1)
    real, calls = labels.score_segments, []

    def dies(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(labels, "score_segments", dies)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        labels.label_missing(made, FakeEngine())
    labels.label_missing(made, FakeEngine())
    assert len(given(pets)) == 3


def test_nothing_is_labelled_while_the_model_is_away_or_another(library, pets):
    made = labels.label_set_create(library_id=library.pk, name="Animals", names=NAMES)
    for engine in (AwayEngine(), FakeEngine("v2")):
        with pytest.raises(EngineError):
            labels.label_missing(made, engine)
    assert given(pets) == []


def test_other_libraries_are_left_alone(label_set, pets):
    elsewhere = add_video(Library.objects.create(name="Other"), stored_space(), [showing("dog", 0.9)] * 3)
    labels.label_waiting(FakeEngine())
    assert given(elsewhere) == []


def test_labels_go_with_their_segments(label_set, pets):
    services.video_delete(video=pets)
    assert not SegmentLabel.objects.exists()
    assert labels.progress(label_set) == labels.Progress(0, 0)


def test_search_keeps_to_what_a_label_was_given_for(label_set, library, pets):
    by_name = {label.name: label.pk for label in Label.objects.all()}

    def times(text: str, label: str | None) -> list[tuple[float, float]]:
        asked = SearchRequest(
            text, (library.pk,), cutoff=0.5, filters=Filters(label_id=by_name[label] if label else None)
        )
        return [(hit.start_s, hit.end_s) for video in search(asked, FakeEngine()).videos for hit in video.hits]

    assert times("dog", None) == times("dog", "dog") != []
    assert times("dog", "cat") == []
    assert times("pie", None) != []
    assert times("pie", "train") == []
    asked = SearchRequest("dog", (library.pk,), cutoff=0.5, filters=Filters(label_id=by_name["cat"]))
    nearest = search(asked, FakeEngine()).nearest
    cats = Segment.objects.filter(video=pets).order_by("start_s")[1]
    assert [cats.start_s - 2 <= hit.start_s < cats.end_s for video in nearest for hit in video.hits] == [True]


# Pages


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch):
    for module in ("webapp.pages.search", "webapp.labels.tasks"):
        monkeypatch.setattr(f"{module}.engine", FakeEngine)


def page_of(library: Library) -> str:
    return f"/library/{library.pk}/labels"


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_a_list_of_names_labels_the_library(as_alice, library, pets):
    assert "A first set" in text(as_alice.get(page_of(library)))
    answer = as_alice.post(page_of(library), {"name": "Animals", "names": " dog \n\ncat\nDOG\ntrain"})
    assert answer.status_code == 302
    assert list(Label.objects.values_list("name", flat=True)) == ["dog", "cat", "train"]
    assert "0 of 3 segments labelled" in text(as_alice.get(page_of(library)))
    labels.label_waiting(FakeEngine())
    state = text(as_alice.get(f"/fragments/labels/{LabelSet.objects.get().pk}"))
    assert "3 segments, 2 with a sure label" in state
    assert "hx-trigger" not in state


@pytest.mark.parametrize(
    ("name", "names", "sentence"),
    [
        ("", "dog", "This field is required"),
        ("Animals", " \n ", "This field is required"),
        ("Animals", "\n".join(f"name {k}" for k in range(201)), "a set holds 200"),
        ("Animals", "x" * 121, "longer than 120"),
        ("Animals", "dog\n!?", "holds no word"),
        ("Animals ", "dog", "has a set of that name"),
    ],
)
def test_names_that_make_no_set_are_refused_and_kept_in_the_form(as_alice, library, name, names, sentence):
    labels.label_set_create(library_id=library.pk, name="Animals", names=["dog"])
    answer = as_alice.post(page_of(library), {"name": name, "names": names})
    assert answer.status_code == 400
    assert sentence in text(answer)
    assert LabelSet.objects.count() == 1


def test_the_table_has_every_segment(as_alice, label_set, pets):
    Video.objects.filter(pk=pets.pk).update(title="=SUM(A1)")
    answer = as_alice.get(f"/labels/{label_set.pk}.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="animals.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["label"], row["sure"]) for row in rows[:2]] == [("dog", "yes"), ("cat", "yes")]
    assert rows[2]["sure"] == "no"
    assert rows[0]["video"] == "'=SUM(A1)"
    assert rows[1]["link"] == f"http://testserver/v/{pets.pk}?t={float(rows[1]['start_s']):g}"


def test_the_search_page_filters_by_label(as_alice, label_set):
    label = Label.objects.get(name="cat")
    page = text(as_alice.get("/search", {"q": "cat", "label": label.pk}))
    assert "labelled cat" in page
    assert "cat (Animals, " in page
    assert as_alice.get("/search", {"q": "cat", "label": 10**6}).status_code == 400


def test_a_viewer_sees_labels_and_changes_none(client, bob, library, label_set):
    client.force_login(bob)
    assert "Animals" in text(client.get(page_of(library)))
    assert client.get(f"/labels/{label_set.pk}.csv").status_code == 200
    assert client.post(page_of(library), {"name": "Mine", "names": "dog"}).status_code == 403
    assert client.post(f"/labels/{label_set.pk}/delete").status_code == 403


def test_a_stranger_meets_nothing(client, charlie, library, label_set):
    client.force_login(charlie)
    label = Label.objects.first()
    assert client.get(page_of(library)).status_code == 404
    assert client.get(f"/labels/{label_set.pk}.csv").status_code == 404
    assert client.get(f"/fragments/labels/{label_set.pk}").status_code == 404
    assert client.post(f"/labels/{label_set.pk}/delete").status_code == 404
    assert client.get("/search", {"q": "dog", "label": label.pk}).status_code == 400


def test_a_set_is_deleted_with_its_labels(as_alice, library, label_set, pets):
    assert as_alice.post(f"/labels/{label_set.pk}/delete").status_code == 302
    assert not SegmentLabel.objects.exists()
    assert "Animals is deleted" in text(as_alice.get(page_of(library)))
