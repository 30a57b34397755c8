"""After a real deletion nothing names the video: no row of any table, no file, nothing in the cache, no search."""

import uuid
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from redis import Redis

from indexer import deletion, pipeline, playable
from indexer.models import Caption, Library, LikelyCopy, Segment, Video
from tests.engines import ColourEngine
from tests.search_world import AwayEngine
from tests.tus_client import Tus
from tests.videos import make_video
from webapp.shown.models import ShownPicture
from webapp.uploads.finish import upload_finish
from webapp.uploads.sweep import uploads_sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(as_alice: Client, library: Library, settings, tmp_path: Path, monkeypatch) -> Video:
    """Uploaded, indexed, made playable, captioned, tagged, likened, and looked at: everything that is ever derived."""
    settings.UPLOADS_DIR = tmp_path / "uploads"
    cache.clear()
    for module in ("pages.search", "pages.video", "api.searching"):  # titles and captions are searched all the same
        monkeypatch.setattr(f"webapp.{module}.engine", AwayEngine)
    video_id = Tus(as_alice).send(library, make_video(tmp_path / "harbour.mp4", 6).read_bytes(), "harbour.mp4")
    upload_finish(upload_id=video_id)
    pipeline.index_video(video_id, ColourEngine())
    playable.make_media(video_id)
    made = Video.objects.get(pk=video_id)
    segment = Segment.objects.filter(video=made).first()
    assert segment is not None
    Caption.objects.create(video=made, space=segment.space, start_s=0, end_s=4, text="a quay", agreement=0.5)
    other = Video.objects.create(library=library, title="other", original="videos/other/original", size_bytes=1)
    first, second = sorted([made, other], key=lambda one: one.pk)
    LikelyCopy.objects.create(first=first, second=second, share=0.9)
    ShownPicture.objects.create(
        owner=as_alice.get("/").wsgi_request.user, video=made, at_s=1, space=segment.space, embedding=b"", thumbnail=b""
    )
    as_alice.post(f"/v/{video_id}/edit", {"title": "harbour", "tags": "quay", "recorded_at": ""})
    for address in (f"/v/{video_id}", f"/media/{video_id}/frame?t=1", f"/media/{video_id}/poster", "/search?q=harbour"):
        assert as_alice.get(address).status_code == 200, address
    return made


def rows_naming(video_id: uuid.UUID) -> dict[str, list[str]]:
    """Rows of every table whose text, in any column, holds the id."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t WHERE t::text LIKE %s', [f"%{video_id}%"])
            if rows := [row[0] for row in cursor.fetchall()]:
                found[table] = rows
    return found


def files_naming(video_id: uuid.UUID) -> list[str]:
    roots = (Path(default_storage.location), Path(django_settings.UPLOADS_DIR))
    return [str(path) for root in roots for path in root.rglob("*") if str(video_id) in str(path)]


def kept_naming(video_id: uuid.UUID) -> list[bytes]:
    """Keys of Valkey, and values, where a message to a worker is none of it: it names what was asked to be deleted."""
    valkey = Redis.from_url(django_settings.REDIS_URL)
    wanted = str(video_id).encode()
    strings = [key for key in valkey.scan_iter() if valkey.type(key) == b"string"]
    return [key for key in strings if wanted in key or wanted in (valkey.get(key) or b"")]


def found(client: Client) -> list[str]:
    """Videos that a search for its title finds."""
    return [hit["video_id"] for hit in client.get("/api/v1/search", {"q": "harbour"}).json()["videos"]]


def test_nothing_names_a_video_that_was_deleted(as_alice, video):
    before = rows_naming(video.pk)
    assert {"indexer_video", "indexer_stream", "indexer_segment", "indexer_anchor", "indexer_caption"} <= set(before)
    assert {"webapp_upload", "webapp_shownpicture", "indexer_likelycopy", "indexer_video_tags"} <= set(before)
    assert files_naming(video.pk)
    assert kept_naming(video.pk)
    assert found(as_alice) == [str(video.pk)]
    assert as_alice.delete(f"/api/v1/videos/{video.pk}?for_good=true").status_code == 204
    # Found and shown no more from this moment on.
    assert found(as_alice) == []
    assert as_alice.get(f"/v/{video.pk}").status_code == 404
    assert as_alice.get(f"/media/{video.pk}/frame?t=1").status_code == 404
    # Gone altogether once the job and the sweeper of uploads have run.
    deletion.delete_video(video.pk)
    uploads_sweep()
    assert rows_naming(video.pk) == {}
    assert files_naming(video.pk) == []
    assert kept_naming(video.pk) == []
