"""`manage.py search`: what it prints and its exit status."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from indexer.models import Caption, Library, SegmentLabel, Space, Video
from indexer.tags import tags_set
from search.labels import label_set_create
from tests.search_world import FakeEngine, add_video, showing, stored_space
from webapp.management.commands import search as command
from webapp.pages.forms import NARROWING

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def space(monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setattr(command, "engine", FakeEngine)
    return stored_space()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("search", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_it_prints_hits_with_times_and_addresses(library: Library, space: Space) -> None:
    video = add_video(library, space, [showing("train", seed=1)] * 45 + [showing("dog")], title="Walk")
    printed = run("a", "dog")
    assert printed.startswith("Walk\n")
    assert "1:30-1:34" in printed
    assert f"/v/{video.pk}?t=92.0" in printed


def test_it_prints_nothing_matches_and_exits_1(library: Library, space: Space) -> None:
    add_video(library, space, [showing("train")])
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("search", "dog", stdout=out, stderr=StringIO())
    assert stop.value.code == 1
    assert out.getvalue().strip() == "Nothing matches"


def test_it_searches_one_library_by_name_or_id(library: Library, space: Space) -> None:
    other = Library.objects.create(name="Other")
    add_video(library, space, [showing("dog")], title="ours")
    add_video(other, space, [showing("dog")], title="theirs")
    assert "theirs" not in run("dog", "--library", library.name)
    assert "ours" not in run("dog", "--library", str(other.pk))


def test_an_unknown_library_is_named_with_those_there_are(library: Library) -> None:
    with pytest.raises(CommandError, match=r"no library 'Nowhere'\. There are: Holidays\."):
        run("dog", "--library", "Nowhere")


def test_it_takes_every_filter_of_the_page(library: Library, space: Space, alice) -> None:
    video = add_video(library, space, [showing("dog", 0.9)] * 3, title="ours")
    add_video(library, space, [showing("dog", 0.9)] * 3, title="theirs")
    tags_set(video=video, names=["beach"])
    Video.objects.filter(pk=video.pk).update(uploaded_by=alice, width_px=640, height_px=360, duration_s=90)
    label_set = label_set_create(library_id=library.pk, name="Animals", names=["dog", "cat"])
    label = label_set.labels.get(name="dog")
    segment = video.segments.get()
    SegmentLabel.objects.create(segment=segment, label_set=label_set, label=label, score=0.9, sure=True)
    where = {"start_s": segment.start_s, "end_s": segment.end_s}
    Caption.objects.create(video=video, space=space, text="a dog", agreement=0.9, **where)
    one_of_each = {
        "uploader": "alice",
        "tag": "Beach",
        "longer": "1 min",
        "orientation": "landscape",
        "label": "dog",
    }
    for name, value in one_of_each.items():
        assert "theirs" not in (printed := run("dog", f"--{name}", value)), name
        assert "ours" in printed, name
    assert "theirs" not in run("dog", "--captioned", "--since", "2020-01-01", "--at-least", "20")
    options = {action.dest for action in command.Command().create_parser("manage.py", "search")._actions}
    assert options >= {*NARROWING, "at_least", "must", "sort", "page"}


def test_a_filter_that_makes_no_sense_is_refused_as_the_page_refuses_it(library: Library, space: Space) -> None:
    for arguments, says in (
        (("--tag", "snow"), "No video that you may see has the tag “snow”"),
        (("--longer", "soon"), "is no length"),
        (("--label", "dog"), r"There is no label 'dog'\. There are: none yet\."),
    ):
        with pytest.raises(CommandError, match=says):
            run("dog", *arguments)
    with pytest.raises(CommandError, match="character 5") as refused:
        run('dog "')
    assert refused.value.returncode == 2


@pytest.mark.parametrize(("seconds", "clock"), [(0, "0:00"), (83.5, "1:23"), (3700, "1:01:40")])
def test_it_writes_times_as_a_player_does(seconds: float, clock: str) -> None:
    assert command.clock(seconds) == clock
