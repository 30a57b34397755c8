"""The operator's page: real numbers, in every state, also while the broker or the model is away."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery, shared_task
from celery.contrib.testing.worker import start_worker
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from indexer import failures, files, leases, pipeline, services, timings, usage
from indexer.models import Space, Video
from tests.engines import ColourEngine
from tests.indexing import listen, placeholder_video, without_decoding
from tests.model_servers import ready
from tests.search_world import FakeEngine, add_video, showing, stored_space
from webapp.celery import app
from webapp.operate import queues, workers
from webapp.operate.spaces import spaces
from webapp.operate.storage import storage_measure
from webapp.pages.accounts.first import first_account_create

pytestmark = pytest.mark.django_db
Status = Video.Status
AWAY = "http://127.0.0.1:1"
ADDRESSES = ("/operate", "/fragments/operate")


@pytest.fixture(autouse=True)
def _apart(settings, tmp_path: Path) -> None:
    cache.clear()
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.MODEL_SERVER_URL = AWAY


@pytest.fixture
def operator(client: Client, db) -> Client:
    client.force_login(User.objects.create_user("olga", password="correct horse battery", is_staff=True))
    return client


def text(response) -> str:
    return " ".join(response.content.decode().split())


def failed(library, tmp_path, title: str, **fields) -> Video:
    video = placeholder_video(library, tmp_path, title)
    Video.objects.filter(pk=video.pk).update(**{"status": Status.FAILED, "error": f"{title} is broken."} | fields)
    return video


# Who


def test_the_first_account_runs_the_place_and_finds_the_page(client):
    user = first_account_create(username="first", password="correct horse battery")
    assert user is not None
    assert user.is_staff
    client.force_login(user)
    assert client.get("/operate").status_code == 200
    assert 'href="/operate"' in text(client.get("/help"))


def test_to_everyone_else_it_is_not_there(client, alice, library, tmp_path):
    video = failed(library, tmp_path, "one")
    assert client.get("/operate")["Location"] == "/sign-in?next=/operate"
    client.force_login(alice)  # she owns the library, and does not run the place
    for address in ADDRESSES:
        assert client.get(address).status_code == 404
    for address in ("/operate/retry", f"/operate/retry/{video.pk}"):
        assert client.post(address).status_code == 404
    assert 'href="/operate"' not in text(client.get("/help"))
    assert Video.objects.get().status == Status.FAILED


# States


def test_a_new_installation_has_empty_states_instead_of_empty_tables(operator):
    page = text(operator.get("/operate"))
    for sentence in ("Nothing has failed.", "No worker answers.", "No video has been indexed yet.", "None yet:"):
        assert sentence in page
    assert 'hx-trigger="every 5s"' in page


def test_it_says_that_the_broker_is_away_and_shows_the_rest(operator, settings, library, tmp_path):
    failed(library, tmp_path, "one")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": settings.REDIS_URL}}
    started = time.monotonic()
    page = text(operator.get("/operate"))
    assert time.monotonic() - started < 5
    assert "The broker does not answer." in page
    assert "Workers cannot be asked while the broker is away." in page
    assert "Indexing: one is broken." in page
    assert "Database" in page


def test_it_says_how_the_model_server_is(operator, settings):
    assert "The model server does not answer" in text(operator.get("/operate"))
    settings.MODEL_SERVER_TOKEN = ""
    with ready(FakeEngine(), token="secret") as settings.MODEL_SERVER_URL:
        assert "The model server refuses us: The token is missing or wrong" in text(operator.get("/operate"))
        settings.MODEL_SERVER_TOKEN = "secret"
        page = text(operator.get("/operate"))
    assert "<dd>fake</dd>" in page
    assert "<dd>v1</dd>" in page
    assert "<dd>0.1.0</dd>" in page


# Numbers


def test_what_waits_is_counted_by_rows_and_messages_by_the_broker(library, tmp_path):
    listen()
    waiting, busy = placeholder_video(library, tmp_path, "a"), placeholder_video(library, tmp_path, "b")
    leases.claim(busy.pk, "index")
    services.video_delete(video=placeholder_video(library, tmp_path, "c"))
    counts = {one.kind: (one.waiting, one.under_way) for one in queues.work()}
    resting = {"upload": (0, 0), "caption": (0, 0), "track": (0, 0)}
    assert counts == resting | {"index": (1, 1), "media": (2, 0), "delete": (1, 0)}
    assert queues.oldest_waiting() == waiting.created_at
    services.video_trash(video=waiting)
    assert queues.oldest_waiting() is None  # in the trash it waits for nobody
    app.send_task("indexer.tasks.sweep")
    found = queues.messages()
    assert found is not None
    assert found["default"] == 1
    listen()


def test_timings_are_medians_of_the_last_videos_with_their_pace(library):
    for k, seconds in enumerate((10.0, 30.0, 20.0)):
        video = add_video(library, stored_space(), [showing("dog", 0.9)] * 3, title=str(k))
        moment = timezone.now() - timedelta(days=k)
        shares = {"decode": seconds / 2, "total": seconds}
        Video.objects.filter(pk=video.pk).update(indexed_at=moment, stage_timings=shares, duration_s=60.0)
    assert timings.medians() == (
        3,
        [timings.StageMedian("decode", 10.0, 6.0), timings.StageMedian("total", 20.0, 3.0)],
    )
    assert timings.medians(1)[1][-1] == timings.StageMedian("total", 10.0, 6.0)


def test_real_indexing_gives_real_timings(library, tmp_path, monkeypatch, operator):
    without_decoding(monkeypatch)
    pipeline.index_video(placeholder_video(library, tmp_path).pk, ColourEngine())
    n_videos, stages = timings.medians()
    assert (n_videos, stages[-1].stage) == (1, "total")
    assert "Medians of the last 1 video." in text(operator.get("/operate"))


def test_room_is_measured_by_what_the_files_are_for(library, tmp_path, operator):
    assert "A worker has not measured the files yet." in text(operator.get("/operate"))
    video = placeholder_video(library, tmp_path)  # 11 bytes
    for name, n_bytes in (("proxy.mp4", 5000), ("poster.webp", 300), ("storyboard/0.webp", 700)):
        (tmp_path / "made").write_bytes(b"x" * n_bytes)
        files.put(files.video_key(video.pk, name), tmp_path / "made")
    assert usage.measure() == usage.Usage(11, 5000, 1000)
    storage_measure()
    page = text(operator.get("/operate"))
    assert "4.9 KB" in page
    assert "Files measured a few seconds ago." in page
    assert (usage.free_bytes() or 0) > 0


def test_a_page_without_a_measurement_asks_a_worker_once_a_minute(operator):
    rung = listen()
    for _ in range(3):
        operator.get("/fragments/operate")
    assert [name for name, _ in rung()] == ["measure_storage"]


def test_a_space_that_is_built_says_how_far_it_is(library, operator):
    old, new = stored_space("v1"), stored_space("v2")
    for title in ("a", "b"):
        add_video(library, old, [showing("dog", 0.9)] * 3, title=title)
    add_video(library, new, [showing("cat", 0.9)] * 3, title="only in the new one")
    services.video_trash(video=add_video(library, old, [showing("dog", 0.9)] * 3, title="no longer wanted"))
    assert [(h.space.status, h.n_videos, h.n_wanted) for h in spaces()] == [("active", 2, 2), ("building", 0, 2)]
    Space.objects.filter(pk=new.pk).update(status=Space.Status.RETIRED)
    assert [(h.space.status, h.n_videos) for h in spaces()] == [("active", 2), ("retired", 1)]
    assert "retired, 1 video" in text(operator.get("/operate"))


# Workers

begun, go_on = threading.Event(), threading.Event()


@shared_task(name="indexer.tasks.index_video_held")
def held(video_id: str) -> None:
    begun.set()
    go_on.wait(30)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_answers_is_shown_with_what_it_does_since_when(library, tmp_path, operator, monkeypatch):
    monkeypatch.setitem(workers.TASKS, "indexer.tasks.index_video_held", "Indexing")
    listen()
    video = placeholder_video(library, tmp_path, "Long film")
    leases.claim(video.pk, "index")
    assert [claim.title for claim in workers.claims_without_worker([])] == ["Long film"]
    celery: Celery = app
    with start_worker(celery, pool="threads", concurrency=1, perform_ping_check=False, queues=["held"]):
        celery.send_task("indexer.tasks.index_video_held", args=[str(video.pk)], queue="held")
        assert begun.wait(30)
        found = workers.workers()
        page = text(operator.get("/operate"))
        go_on.set()
    assert found is not None
    ((doing,),) = [worker.doing for worker in found]
    assert (doing.what, doing.title) == ("Indexing", "Long film")
    assert doing.since is not None
    assert abs((timezone.now() - doing.since).total_seconds()) < 60
    assert workers.claims_without_worker(found) == []
    assert "Indexing «Long film», for " in page


# Failures


def test_each_failure_has_its_sentence_and_the_operator_sees_all_libraries(operator, library, tmp_path):
    failed(library, tmp_path, "cut")
    failed(library, tmp_path, "odd", status=Status.QUARANTINED)
    failed(library, tmp_path, "dark", status=Status.READY, error="", media_status=Status.FAILED, media_error="No disk.")
    page = text(operator.get("/operate"))
    for sentence in ("Indexing: cut is broken.", "Indexing: odd is broken.", "Playback: No disk.", "In Holidays."):
        assert sentence in page
    assert "/v/" not in page  # titles, but no way into a library that is not shared with the operator
    assert "Retry all that may pass" not in page


@pytest.mark.django_db(transaction=True)
def test_retry_tries_again_what_failed_and_nothing_else(operator, library, tmp_path):
    dark = failed(
        library, tmp_path, "dark", status=Status.READY, error="", media_status=Status.FAILED, indexed_at=timezone.now()
    )
    rung = listen()
    assert "dark is tried again" in text(operator.post(f"/operate/retry/{dark.pk}", follow=True))
    dark.refresh_from_db()
    assert (dark.status, dark.media_status, dark.media_attempts) == (Status.READY, Status.UPLOADED, 0)
    assert ("make_media", str(dark.pk)) in (heard := rung())
    assert "index_video" not in dict(heard)
    assert "already under way" in text(operator.post(f"/operate/retry/{dark.pk}", follow=True))
    mute = failed(
        library,
        tmp_path,
        "mute",
        status=Status.READY,
        error="",
        caption_status=Status.FAILED,
        indexed_at=timezone.now(),
    )
    assert services.video_retry(video=mute)
    mute.refresh_from_db()
    assert (mute.status, mute.caption_status) == (Status.READY, Status.UPLOADED)


def test_retry_all_takes_what_was_tried_to_the_end_and_leaves_what_cannot_pass(operator, library, tmp_path):
    passing = failed(library, tmp_path, "passing", attempts=leases.MAX_ATTEMPTS)
    failed(library, tmp_path, "broken", attempts=1)
    failed(library, tmp_path, "odd", status=Status.QUARANTINED, attempts=leases.MAX_ATTEMPTS)
    assert list(failures.that_may_pass()) == [passing]
    assert "Retry all that may pass (1)" in text(operator.get("/operate"))
    assert "1 video taken up again" in text(operator.post("/operate/retry", follow=True))
    statuses = dict(Video.objects.values_list("title", "status"))
    assert statuses == {"passing": Status.UPLOADED, "broken": Status.FAILED, "odd": Status.QUARANTINED}


def test_every_failure_that_the_query_finds_is_named_and_the_other_way_round(library, tmp_path):
    failed(library, tmp_path, "a", attempts=5)
    failed(library, tmp_path, "b", status=Status.READY, attempts=5)
    failed(library, tmp_path, "c", status=Status.READY, error="", caption_status=Status.FAILED, caption_attempts=5)
    placeholder_video(library, tmp_path, "waits")
    found = failures.failures_of(failures.failed_videos())
    assert {(f.video.title, f.part) for f in found} == {("a", "Indexing"), ("b", "Indexing"), ("c", "Captions")}
    assert {f.video.title for f in found if f.may_pass} == set(failures.that_may_pass().values_list("title", flat=True))
