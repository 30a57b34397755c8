"""Sources by the API: added once, paused, looked at, removed; their files cancelled and tried again."""

from pathlib import Path

import pytest
from django.core.cache import cache

from indexer.models import Library, Membership
from tests.sources import watched_folder
from tests.test_api import caller
from webapp.sources.models import Source, SourceItem

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def inbox(settings, tmp_path: Path) -> Path:
    cache.clear()  # rates are counted there
    return watched_folder(settings, tmp_path)


@pytest.fixture
def source(inbox: Path, library: Library, alice) -> Source:
    return Source.objects.create(library=library, owner=alice, kind="folder", place=str(inbox))


def test_a_source_is_added_once(alice, library, inbox) -> None:
    program, address = caller(alice, "write"), f"/api/v1/libraries/{library.pk}/sources"
    sent = [program.post(address, {"place": str(inbox)}, JSON, headers={"Idempotency-Key": "one"}) for _ in "12"]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert (sent[0].json(), sent[1]["Idempotent-Replayed"]) == (sent[1].json(), "true")
    assert (sent[0].json()["kind"], sent[0].json()["state"]) == ("folder", "Waits for a worker")
    assert program.post(address, {"place": str(inbox)}, JSON).status_code == 409
    refused = program.post(address, {"place": "/etc"}, JSON)
    assert (refused.status_code, "may be watched" in refused.json()["detail"]) == (422, True)
    assert program.get(address).json() == {"items": [sent[0].json()], "count": 1}


def test_it_is_paused_goes_on_and_is_removed(alice, source) -> None:
    program, address = caller(alice, "write"), f"/api/v1/sources/{source.pk}"
    paused = program.patch(address, {"paused": True}, JSON).json()
    assert (paused["paused"], paused["state"]) == (True, "Paused")
    assert program.patch(address, {"paused": False}, JSON).json()["paused"] is False
    assert program.post(f"{address}/look").status_code == 202
    assert program.delete(address).status_code == 204
    assert program.get(address).status_code == 404


def test_its_files_are_cancelled_and_tried_again(alice, source) -> None:
    program, address = caller(alice, "write"), f"/api/v1/sources/{source.pk}/items"
    waits = SourceItem.objects.create(source=source, key="a.mp4")
    SourceItem.objects.create(source=source, key="b.mp4", status="refused", error="This file is empty.")
    assert program.get(address).json()["count"] == 2
    (refused,) = program.get(address, {"status": "refused"}).json()["items"]
    assert (refused["state"], refused["may_retry"], refused["may_cancel"]) == ("This file is empty.", True, False)
    assert program.post(f"{address}/{waits.pk}/retry").status_code == 409
    assert program.post(f"{address}/{waits.pk}/cancel").json()["status"] == "cancelled"
    assert program.post(f"{address}/{waits.pk}/cancel").status_code == 409
    assert program.post(f"{address}/{waits.pk}/retry").json()["status"] == "waiting"
    counts = program.get(f"/api/v1/sources/{source.pk}").json()
    assert [counts[name] for name in ("n_fetched", "n_waiting", "n_refused")] == [0, 1, 1]


def test_who_may_only_look_is_not_told_of_places(charlie, library, source) -> None:
    Membership.objects.create(library=library, user=charlie, role="viewer")
    for rest in (f"libraries/{library.pk}/sources", f"sources/{source.pk}", f"sources/{source.pk}/items"):
        answer = caller(charlie).get(f"/api/v1/{rest}")
        assert (answer.status_code, str(source.place) in answer.content.decode()) == (403, False)
