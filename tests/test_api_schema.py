"""The API under whatever its own description allows, and what it does not: no answer is a server error."""

import os

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from schemathesis.checks import not_a_server_error

from tests.search_world import SeeingEngine, add_video, showing, stored_space
from webapp.api.models import key_make

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("SEEKFRAME_FUZZ", 25))  # of each operation


@pytest.fixture
def described(alice, library, monkeypatch, settings, tmp_path):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    for module in ("searching", "videos", "moments"):
        monkeypatch.setattr(f"webapp.api.{module}.engine", SeeingEngine)
    add_video(library, stored_space(), [showing("dog")] * 3)
    for signal in (request_started, request_finished):  # as Django's own test client does
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def secret(alice) -> str:
    return key_make(owner_id=alice.pk, name="fuzz", scope="write", days=None)[1]


def test_no_call_is_a_server_error(described, secret: str) -> None:
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 23
    for operation in operations:  # by hand: its pytest plug-in does not know this pytest
        cache.clear()  # rates are counted there

        @given(case=operation.as_strategy())
        @examples(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        def call(case) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {secret}"})
            case.validate_response(answer, checks=[not_a_server_error])
            assert answer.status_code not in (401, 429)

        call()
