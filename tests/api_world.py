"""What the client's tests share: a live server that knows a few words, a film, and a key."""

from pathlib import Path

import pytest
from django.core.cache import cache

from indexer.models import Library, Video
from seekframe_client import Seekframe
from seekframe_client.resumable import Memory
from tests.search_world import SeeingEngine, add_video, showing, stored_space
from webapp.api.models import key_make


@pytest.fixture
def address(live_server, monkeypatch, settings, tmp_path: Path) -> str:
    cache.clear()  # rates are counted there
    settings.UPLOADS_DIR = tmp_path / "uploads"
    for module in ("searching", "videos", "moments"):
        monkeypatch.setattr(f"webapp.api.{module}.engine", SeeingEngine)
    return str(live_server.url)


@pytest.fixture
def film(library: Library) -> Video:
    """Snow, and from 0:10 a dog."""
    quiet = showing("snow", seed=1)
    made = add_video(library, stored_space(), [*[quiet] * 5, *[showing("dog", 0.9, seed=2)] * 3], title="Film")
    Video.objects.update(indexed_at=made.created_at)
    return made


def secret_of(person, scope: str = "write") -> str:
    return key_make(owner_id=person.pk, name="test", scope=scope, days=None)[1]


@pytest.fixture
def seekframe(address: str, alice, tmp_path: Path):
    with Seekframe(address, secret_of(alice), memory=Memory(tmp_path / "memory")) as made:
        yield made
