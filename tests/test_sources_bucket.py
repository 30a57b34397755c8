"""A bucket's prefix as a source: what comes in, how it goes on, and what is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from indexer.models import Library, Video
from tests.film_bucket import bucket_of_films, put
from tests.sources import copy_that_dies, error_of, let_a_minute_pass, source_of, statuses, stored, stray_parts, worked
from tests.tus_client import VIDEO
from webapp.sources.bucket import Bucket
from webapp.sources.kinds_of_place import NoPlace, place_of
from webapp.sources.looking import look
from webapp.sources.models import Source
from webapp.sources.places import Changed
from webapp.uploads.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def s3(settings, tmp_path: Path, monkeypatch) -> Iterator[Any]:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.WATCH_ROOTS = ("s3://films/in",)
    with bucket_of_films(monkeypatch) as client:
        yield client


@pytest.fixture
def source(s3, library: Library, alice) -> Source:
    return source_of(library, alice, "s3://films/in/")


def test_objects_below_the_prefix_come_in_once(source, s3):
    put(s3, "in/2026/Lake.mp4", VIDEO)
    put(s3, "in/notes.txt", b"no video by its name")
    put(s3, "in-other/secret.mp4", VIDEO + b"secret")
    worked(source)
    assert (stored(), statuses(source)) == ([VIDEO], {"Lake.mp4": "fetched"})
    assert Video.objects.get().title == "Lake"
    worked(source)
    assert Upload.objects.count() == 1
    put(s3, "in/2026/Lake.mp4", VIDEO + b"more")
    worked(source)
    assert stored() == [VIDEO, VIDEO + b"more"]
    assert stray_parts() == 0


def test_a_copy_goes_on_from_its_byte_and_only_of_the_same_object(source, s3, monkeypatch):
    data = VIDEO * 200
    put(s3, "in/a.mp4", data)
    starts = copy_that_dies(monkeypatch, at=2)
    with pytest.raises(KeyboardInterrupt):
        look(source.pk)
    worked(source)
    assert starts[:3] == [0, 100_000, 100_000]
    assert stored() == [data]
    etag = s3.head_object(Bucket="films", Key="in/a.mp4")["ETag"]
    put(s3, "in/a.mp4", VIDEO)
    with pytest.raises(Changed), Bucket("s3://films/in").open("in/a.mp4", etag, 0):
        pass
    with pytest.raises(Changed), Bucket("s3://films/in").open("in/gone.mp4", etag, 0):
        pass


def test_a_bucket_that_is_not_there_is_said_to_be(s3, library, alice, settings):
    settings.WATCH_ROOTS = ("s3://nowhere",)
    source = source_of(library, alice, "s3://nowhere/in")
    look(source.pk)
    assert "The bucket nowhere cannot be listed" in error_of(source)


def test_only_what_the_operator_named_may_be_read(source, s3, settings):
    """The server's keys open more than its editors may see: the videos of every library, for one."""
    for place in ("s3://films", "s3://films/input", "s3://other/in", "s3://films/in/../x", "s3://"):
        with pytest.raises(NoPlace, match="may be read"):
            place_of(place)
    put(s3, "in/a.mp4", VIDEO)
    settings.WATCH_ROOTS = ("s3://films/elsewhere",)
    look(source.pk)
    let_a_minute_pass()
    assert "may not be read" in error_of(source)
    assert not source.items.exists()
    settings.WATCH_ROOTS = ()
    with pytest.raises(NoPlace, match="WATCH_ROOTS"):
        place_of("s3://films/in")
