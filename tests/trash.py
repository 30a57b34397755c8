"""What the tests of the trash share: a video of dogs with all that is kept of one, and pages that ask a fake model."""

import pytest
from django.core.cache import cache

from indexer.models import Caption, Library, Video
from tests.search_world import FakeEngine, add_video, showing, stored_space

Status = Video.Status


@pytest.fixture(autouse=True)
def fake_model(monkeypatch) -> None:
    cache.clear()
    for module in ("pages.search", "pages.examples", "pages.video", "api.searching", "api.videos"):
        monkeypatch.setattr(f"webapp.{module}.engine", FakeEngine)


@pytest.fixture
def dogs(library: Library) -> Video:
    video = add_video(library, stored_space(), [showing("dog", 0.9)] * 3, title="Dogs on beaches")
    Video.objects.filter(pk=video.pk).update(media_status=Status.READY, caption_status=Status.READY, sha256="a" * 64)
    segment = video.segments.get()
    Caption.objects.create(
        video=video, space=segment.space, start_s=segment.start_s, end_s=segment.end_s, text="a dog", agreement=0.9
    )
    video.refresh_from_db()
    return video
