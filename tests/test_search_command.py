"""`manage.py search`: what it prints and its exit status."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from indexer.models import Library, Space
from search.management.commands import search as command
from tests.search_world import FakeEngine, add_video, showing, stored_space

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def space(monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setattr(command, "RemoteEngine", lambda url, token: FakeEngine())
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


@pytest.mark.parametrize(("seconds", "clock"), [(0, "0:00"), (83.5, "1:23"), (3700, "1:01:40")])
def test_it_writes_times_as_a_player_does(seconds: float, clock: str) -> None:
    assert command.clock(seconds) == clock
