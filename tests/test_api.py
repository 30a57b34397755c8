"""The REST API: who may call, what it answers, and that a key never does more than its scope."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from indexer.models import Library, Membership, Video
from tests.search_world import AwayEngine, FakeEngine, add_video, showing, stored_space
from webapp.api.models import ApiKey, key_make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    cache.clear()  # rates are counted there
    for module in ("searching", "videos"):
        monkeypatch.setattr(f"webapp.api.{module}.engine", FakeEngine)


@pytest.fixture
def film(library: Library) -> Video:
    quiet = showing("snow", seed=1)
    return add_video(library, stored_space(), [*[quiet] * 5, *[showing("dog", 0.9, seed=2)] * 3], title="Film")


def caller(person, scope: str = "read", days: int | None = None) -> Client:
    _, secret = key_make(owner_id=person.pk, name="test", scope=scope, days=days)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_a_key_searches_what_its_person_may_see(alice, charlie, film: Video) -> None:
    found = caller(alice).get("/api/v1/search", {"q": "dog"}).json()
    (video,) = found["videos"]
    assert (video["title"], video["hits"][0]["start_s"], found["nothing_matches"]) == ("Film", 10.0, False)
    assert video["hits"][0]["url"].startswith(f"http://testserver/v/{film.pk}?t=")
    nothing = caller(charlie).get("/api/v1/search", {"q": "dog"}).json()
    assert (nothing["videos"], nothing["nearest"], nothing["nothing_matches"]) == ([], [], True)


def test_search_takes_the_pages_own_parameters(alice, film: Video) -> None:
    program = caller(alice)
    assert program.get("/api/v1/search", {"q": "dog", "at_least": "99"}).json()["nothing_matches"]
    assert program.get("/api/v1/search", {"q": "snow then dog within 1 min"}).json()["videos"][0]["hits"][0]["then_s"]
    refused = program.get("/api/v1/search", {"q": 'dog "'})
    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    assert "character 5" in refused.json()["detail"]
    assert program.get("/api/v1/search", {"q": "dog", "sort": "sideways"}).status_code == 422
    assert program.get("/api/v1/search").status_code == 422


def test_libraries_and_videos(alice, film: Video, library: Library) -> None:
    program = caller(alice)
    assert program.get("/api/v1/libraries").json() == {
        "items": [{"id": str(library.pk), "name": library.name, "role": "owner", "n_videos": 1, "index_mode": "full"}],
        "count": 1,
    }
    listed = program.get("/api/v1/videos", {"library": library.pk, "status": "ready"}).json()
    assert (listed["count"], listed["items"][0]["id"]) == (1, str(film.pk))
    assert program.get("/api/v1/videos", {"status": "failed"}).json()["count"] == 0
    assert program.get(f"/api/v1/videos/{film.pk}").json()["title"] == "Film"
    assert program.get("/api/v1/videos", {"page": 2}).json()["items"] == []
    assert program.get("/api/v1/videos", {"page": 10**18}).status_code == 422  # more than the database counts
    segments = program.get(f"/api/v1/videos/{film.pk}/segments").json()
    assert (segments["model"], segments["count"], segments["items"][0]["start_s"]) == ("fake", 2, 0.0)
    assert program.get(f"/api/v1/videos/{film.pk}/segments", {"page": 2}).json()["items"] == []


def test_a_key_that_may_write_changes_what_its_person_may_change(alice, film: Video) -> None:
    program = caller(alice, "write")
    answer = program.patch(f"/api/v1/videos/{film.pk}", {"title": "Beach"}, content_type="application/json")
    assert answer.json()["title"] == "Beach"
    assert program.post(f"/api/v1/videos/{film.pk}/reindex").status_code == 202
    assert program.post(f"/api/v1/videos/{film.pk}/reindex").status_code == 409
    assert program.post(f"/api/v1/videos/{film.pk}/cancel").status_code == 202
    assert program.delete(f"/api/v1/videos/{film.pk}").status_code == 204
    assert program.get(f"/api/v1/videos/{film.pk}").status_code == 404


WRITES = [("patch", ""), ("delete", ""), ("post", "/reindex"), ("post", "/cancel")]


@pytest.mark.parametrize(("method", "tail"), WRITES)
def test_a_key_never_raises_its_scope_nor_its_persons_role(alice, charlie, film: Video, method: str, tail: str) -> None:
    address, body = f"/api/v1/videos/{film.pk}{tail}", {"data": {"title": "x"}, "content_type": "application/json"}
    refused = getattr(caller(alice), method)(address, **body)
    assert (refused.status_code, refused.json()["detail"][:25]) == (403, "This key may only read. M")
    Membership.objects.create(user=charlie, library=film.library, role="viewer")
    assert getattr(caller(charlie, "write"), method)(address, **body).status_code == 403
    Membership.objects.filter(user=charlie).delete()
    assert getattr(caller(charlie, "write"), method)(address, **body).status_code == 404
    film.refresh_from_db()
    assert (film.title, film.status) == ("Film", "ready")


@pytest.mark.parametrize("address", ["libraries", "videos", "search?q=dog"])
def test_without_a_live_key_nothing_is_said(client, alice, film: Video, address: str) -> None:
    refused = client.get(f"/api/v1/{address}")
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/problem+json")
    for secret in ("", "sf_wrong", "nonsense"):
        assert client.get(f"/api/v1/{address}", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    program = caller(alice, days=1)
    assert program.get(f"/api/v1/{address}").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert program.get(f"/api/v1/{address}").status_code == 401
    ApiKey.objects.update(expires_at=None)
    alice.is_active = False
    alice.save()
    assert program.get(f"/api/v1/{address}").status_code == 401


def test_a_wrong_key_does_not_fall_back_to_the_browsers_session(as_alice, film: Video) -> None:
    assert as_alice.get("/api/v1/videos").status_code == 200
    assert as_alice.get("/api/v1/videos", headers={"Authorization": "Bearer sf_wrong"}).json()["status"] == 401


def test_a_browser_needs_its_csrf_token(alice, film: Video) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.delete(f"/api/v1/videos/{film.pk}").status_code == 403
    assert Video.objects.filter(pk=film.pk, status="ready").exists()


def test_it_asks_a_moment(alice, film: Video) -> None:
    program = caller(alice)
    address = f"/api/v1/videos/{film.pk}/ask"
    asked = {"question": "what is it?", "answers": ["dog", "cat"], "t": 12}
    answer = program.post(address, asked, content_type="application/json").json()
    assert answer["answers"][0]["text"] == "dog"
    assert program.post(address, {**asked, "answers": ["dog"]}, content_type="application/json").status_code == 422
    assert program.post(address, "{", content_type="application/json").status_code == 400


def test_where_the_model_is_away_it_says_so(alice, film: Video, monkeypatch) -> None:
    monkeypatch.setattr("webapp.api.videos.engine", AwayEngine)
    answer = caller(alice).post(
        f"/api/v1/videos/{film.pk}/ask", {"question": "a dog?"}, content_type="application/json"
    )
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")


def test_there_is_a_rate(alice, settings, film: Video) -> None:
    program = caller(alice)
    statuses = {program.get("/api/v1/libraries").status_code for _ in range(605)}
    assert statuses == {200, 429}
    refused = program.get("/api/v1/libraries")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1


def test_it_describes_itself(client) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert {"/api/v1/search", "/api/v1/videos", "/api/v1/libraries"} <= set(described["paths"])


def test_a_person_makes_and_deletes_keys_and_sees_each_once(as_alice, alice) -> None:
    made = as_alice.post("/keys", {"name": "Backup", "scope": "read", "days": "30"})
    secret = made.content.decode().split('<code class="secret">')[1].split("<")[0]
    assert secret not in as_alice.get("/keys").content.decode()
    (key,) = ApiKey.objects.all()
    assert secret not in (key.digest, key.hint)
    assert 29 <= (key.expires_at - timezone.now()).days <= 30
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/libraries").status_code == 200
    assert "last used" in as_alice.get("/keys").content.decode()
    as_alice.post(f"/keys/{key.pk}/delete")
    assert program.get("/api/v1/libraries").status_code == 401


def test_the_keys_of_another_cannot_be_touched(client, charlie, alice) -> None:
    key, _ = key_make(owner_id=alice.pk, name="hers", scope="read", days=None)
    client.force_login(charlie)
    assert "hers" not in client.get("/keys").content.decode()
    assert client.post(f"/keys/{key.pk}/delete").status_code == 404
    assert client.post("/keys", {"name": "", "scope": "all"}).status_code == 400
