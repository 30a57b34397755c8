"""Many videos changed by one call: which were, and why others were not."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client

from indexer.models import Library, Video
from tests.indexing import placeholder_video
from tests.test_api import caller

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 7, 20, 12, tzinfo=UTC)
NOBODY = str(UUID(int=0))


@pytest.fixture
def films(library: Library, tmp_path) -> list[Video]:
    cache.clear()  # rates are counted there
    made = [placeholder_video(library, tmp_path, f"GOPR{i} boat") for i in range(2)]
    Video.objects.filter(pk=made[0].pk).update(recorded_at=NOON)
    return made


def edit(program: Client, library: Library, videos: list[str], key: str = "", **change) -> tuple[int, dict]:
    headers = {"Idempotency-Key": key} if key else {}
    sent = {"videos": videos, **change}
    answer = program.patch(f"/api/v1/libraries/{library.pk}/videos", sent, "application/json", headers=headers)
    return answer.status_code, answer.json()


def test_each_video_is_told_of(alice, library, films) -> None:
    program, keys = caller(alice, "write"), [str(film.pk) for film in films]
    assert edit(program, library, keys, tag=" Beach ") == (200, {"changed": keys, "left": []})
    gone = {"video_id": NOBODY, "reason": "no longer here"}
    _, said = edit(program, library, [keys[0], NOBODY], tag="beach")
    assert said == {"changed": [], "left": [{"video_id": keys[0], "reason": "tagged so already"}, gone]}
    assert edit(program, library, keys, untag="beach")[1]["changed"] == keys
    assert edit(program, library, keys, find="GOPR", put="GoPro ")[1]["changed"] == keys
    assert [film.title for film in Video.objects.order_by("title")] == ["GoPro 0 boat", "GoPro 1 boat"]


def test_dates_are_shifted_once_set_and_cleared(alice, library, films) -> None:
    program, keys = caller(alice, "write"), [str(film.pk) for film in films]
    for _ in "12":
        status, said = edit(program, library, keys, key="one", shift_s=-3600)
        left = [{"video_id": keys[1], "reason": "no date to shift"}]
        assert (status, said) == (200, {"changed": keys[:1], "left": left})
    assert Video.objects.get(pk=keys[0]).recorded_at == NOON.replace(hour=11)
    assert edit(program, library, keys, recorded_at=NOON.isoformat())[1]["changed"] == keys
    assert edit(program, library, keys, recorded_at=None)[1]["changed"] == keys
    assert not Video.objects.exclude(recorded_at=None).exists()


@pytest.mark.parametrize(
    "change",
    [{}, {"tag": "a", "untag": "b"}, {"tag": " "}, {"tag": "a,b"}, {"shift_s": 0}, {"put": "x"}, {"find": ""}],
)
def test_a_change_that_is_none_or_two_is_refused(alice, library, films, change) -> None:
    assert edit(caller(alice, "write"), library, [str(films[0].pk)], **change)[0] == 422


def test_a_video_of_another_library_is_left(alice, library, films, tmp_path) -> None:
    other = placeholder_video(Library.objects.create(name="Other"), tmp_path)
    status, said = edit(caller(alice, "write"), library, [str(other.pk)], tag="mine")
    assert (status, said["changed"], other.tags.exists()) == (200, [], False)
