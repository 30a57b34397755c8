"""/metrics: what is counted, what is found at the scrape, who may read it, and that several workers are one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.parser import text_string_to_metric_families

from indexer.models import Video
from tests.indexing import listen, placeholder_video
from tests.model_servers import ready
from tests.search_world import FakeEngine, add_video, showing, stored_space
from tests.tus_client import VIDEO, Tus
from tests.web_process import Web
from webapp.celery import app
from webapp.metrics import folder

HERE = {"host": "localhost:8000"}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def _apart(settings, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.MODEL_SERVER_URL = "http://127.0.0.1:1"


def samples(text: str) -> Samples:
    """Every sample by its name and labels; a name that two families share would be an error of the format."""
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def scrape(client: Client) -> Samples:
    answer = client.get("/metrics", headers=HERE)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return samples(answer.content.decode())


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


# Who


@pytest.mark.django_db
def test_this_machine_may_read_it_and_nobody_else():
    assert Client().get("/metrics", headers=HERE).status_code == 200
    assert Client(REMOTE_ADDR="203.0.113.9").get("/metrics", headers=HERE).status_code == 404
    assert Client().get("/metrics", headers={"host": "testserver"}).status_code == 404
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):  # a proxy on this machine speaks for a stranger
        assert Client().get("/metrics", headers=HERE | {header: "203.0.113.9"}).status_code == 404


@pytest.mark.django_db
def test_a_token_opens_it_from_anywhere(settings):
    far = Client(REMOTE_ADDR="203.0.113.9")
    for empty in ("Bearer ", "Bearer", ""):  # no token is set: an empty one opens nothing
        assert far.get("/metrics", headers={"Authorization": empty}).status_code == 404
    settings.METRICS_TOKEN = "t0ken"
    assert far.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200
    for wrong in ("Bearer other", "t0ken", "Bearer t0ken\xe9"):
        assert far.get("/metrics", headers={"Authorization": wrong}).status_code == 404
    assert far.post("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code in (403, 405)


# What


@pytest.mark.django_db
def test_requests_are_counted_by_view_and_never_by_address(as_alice, library):
    before = scrape(as_alice)
    as_alice.get(f"/library/{library.pk}")
    as_alice.get("/nothing-here")
    after = scrape(as_alice)

    def more(**labels: str) -> float:
        name = "seekframe_web_requests_total"
        return value(after, name, **labels) - value(before, name, **labels)

    assert more(view="library", status="200") == 1
    assert more(view="none", status="404") == 1
    assert value(after, "seekframe_web_request_seconds_count", view="library") >= 1
    assert not any(str(library.pk) in str(key) for key in after)


@pytest.mark.django_db
def test_searches_are_timed_in_all_and_while_the_model_was_asked(as_alice, library, settings):
    from webapp import model

    cache.clear()
    model.client.cache_clear()
    add_video(library, stored_space(), [showing("dog", 0.9)] * 3)
    before = scrape(as_alice)
    with ready(FakeEngine()) as settings.MODEL_SERVER_URL:
        assert as_alice.get("/search?q=dog").status_code == 200
        after = scrape(as_alice)
    model.client.cache_clear()
    for stage in ("total", "model"):
        name = "seekframe_web_search_seconds_count"
        assert value(after, name, stage=stage) - value(before, name, stage=stage) == 1
    assert (value(before, "seekframe_model_up"), value(after, "seekframe_model_up")) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_uploads_are_counted_with_their_bytes(as_alice, library):
    before = scrape(as_alice)
    Tus(as_alice).send(library)
    after = scrape(as_alice)
    name = "seekframe_web_uploads_total"
    for event in ("created", "received"):
        assert value(after, name, event=event) - value(before, name, event=event) == 1
    n_bytes = "seekframe_web_upload_bytes_total"
    assert value(after, n_bytes) - value(before, n_bytes) == len(VIDEO)
    assert value(after, "seekframe_uploads", status="received") == 1
    listen()


@pytest.mark.django_db
def test_what_waits_is_told_from_the_database_and_the_broker(library, tmp_path):
    listen()
    assert value(scrape(Client()), "seekframe_oldest_waiting_seconds") == 0
    for name in ("a", "b"):
        placeholder_video(library, tmp_path, name)
    Video.objects.filter(title="a").update(created_at=timezone.now() - timedelta(hours=1))
    app.send_task("indexer.tasks.index_video", args=["x"])
    found = scrape(Client())
    listen()
    assert value(found, "seekframe_videos", status="uploaded") == 2
    assert ("seekframe_videos", (("status", "failed"),)) in found  # a series that is 0 must be there for an alert
    assert value(found, "seekframe_work_waiting", kind="index") == 2
    assert 3600 <= value(found, "seekframe_oldest_waiting_seconds") < 3700
    assert (value(found, "seekframe_queue_messages", queue="index"), value(found, "seekframe_broker_up")) == (1, 1)


@pytest.mark.django_db
def test_stages_are_told_as_medians(library):
    video = add_video(library, stored_space(), [showing("dog", 0.9)] * 3)
    Video.objects.filter(pk=video.pk).update(
        indexed_at=timezone.now(), stage_timings={"decode": 2.0, "total": 5.0}, duration_s=20
    )
    found = scrape(Client())
    assert value(found, "seekframe_indexing_seconds", stage="decode") == 2
    assert value(found, "seekframe_indexing_times_real_time", stage="total") == 4


@pytest.mark.django_db
def test_it_answers_while_the_broker_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = scrape(Client())
    assert value(found, "seekframe_broker_up") == 0
    assert not any(name == "seekframe_queue_messages" for name, _ in found)
    assert ("seekframe_videos", (("status", "ready"),)) in found


# Several workers


@pytest.fixture
def web_of_two(transactional_db, tmp_path: Path) -> Iterator[Web]:
    (tmp_path / "static").mkdir()
    made = Web(tmp_path)
    made.start("--workers", "2")
    yield made
    made.kill()


def ask(web: Web, path: str) -> str:
    """By a connection of its own, so that any worker may take it."""
    answer = httpx.get(f"{web.url}{path}", trust_env=False, timeout=60)
    assert answer.status_code == 200
    return answer.text


def workers_that_answered(web: Web) -> set[Path]:
    (shared,) = (web.folder / "metrics").iterdir()
    files = shared.glob("counter_*.db")
    return {path for path in files if "healthz" in str(list(MmapedDict.read_all_values_from_file(str(path))))}


def test_a_scrape_of_one_worker_tells_of_all(web_of_two):
    n_asked, ask_many = 0, ThreadPoolExecutor(8)
    while n_asked == 0 or len(workers_that_answered(web_of_two)) < 2:
        list(ask_many.map(lambda path: ask(web_of_two, path), ["/healthz"] * 16))
        n_asked += 16
        assert n_asked < 2000, "one worker answers everything"
    ask_many.shutdown()
    for _ in range(4):
        found = samples(ask(web_of_two, "/metrics"))
        assert value(found, "seekframe_web_requests_total", view="healthz", status="200") == n_asked


def test_a_new_start_begins_anew_and_removes_what_the_last_left(web_of_two):
    ask(web_of_two, "/healthz")
    (old,) = (web_of_two.folder / "metrics").iterdir()
    web_of_two.kill()
    web_of_two.start()
    found = samples(ask(web_of_two, "/metrics"))
    assert value(found, "seekframe_web_requests_total", view="healthz", status="200") == 0
    assert not old.exists()


def test_a_folder_of_another_machine_is_left_alone_while_it_counts(tmp_path):
    strange = tmp_path / "elsewhere_7_1700000000"
    strange.mkdir()
    assert not folder._is_in_use(strange)
    (strange / "counter_8.db").write_bytes(b"")
    assert folder._is_in_use(strange)
