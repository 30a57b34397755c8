"""One id from a person's click to the task that it rang for and to the model that the task asked: real processes."""

import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from model_server.logs import JsonFormatter
from tests.indexing import listen
from tests.model_servers import ready
from tests.search_world import FakeEngine, add_video, showing, stored_space
from tests.web_process import ROOT, Web

ID = "from-the-click-1"
PATIENCE_S = 120.0


@pytest.fixture
def model_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the model server of this process writes."""
    kept, log = io.StringIO(), logging.getLogger("model_server.requests")
    handler = logging.StreamHandler(kept)
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    before, log.level = log.level, logging.DEBUG
    yield lambda: parsed(kept.getvalue())
    log.level = before
    log.removeHandler(handler)


def parsed(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@contextmanager
def chores(web: Web) -> Iterator[Path]:
    """The worker that web rings for, as `up` runs it; the file it writes to."""
    written = web.folder / "worker.log"
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "webapp", "worker", "-Q", "default", "-c", "1"]
    with written.open("wb") as log:
        process = subprocess.Popen(
            [*command, "-n", "chain@%h", "--without-gossip", "--without-mingle", "--loglevel", "info"],
            cwd=ROOT,
            env=web.environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield written
    finally:
        process.terminate()
        process.wait(30)


def until(found: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (seen := found()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.1)
    return seen


@pytest.mark.django_db(transaction=True)
def test_an_id_goes_from_the_click_to_the_task_to_the_model(alice, library, tmp_path: Path, model_lines):
    add_video(library, stored_space(), [showing("dog", 0.9, k) for k in range(4)])
    (tmp_path / "static").mkdir()
    listen()  # nothing of another test waits in the queues
    with ready(FakeEngine()) as model_url:
        web = Web(tmp_path, MODEL_SERVER_URL=model_url)
        web.start()
        try:
            with chores(web) as worker_log:
                answer = httpx.post(
                    f"{web.url}/library/{library.pk}/labels",
                    data={"name": "Animals", "names": "dog\ncat"},
                    headers={**web.session(alice), "X-Request-ID": ID},
                    trust_env=False,
                )
                assert (answer.status_code, answer.headers["X-Request-ID"]) == (302, ID)
                lines = until(lambda: [x for x in parsed(worker_log.read_text()) if x["event"] == "segments_labelled"])
        finally:
            web.kill()
    (of_web,) = [x for x in parsed((tmp_path / "web.log").read_text()) if x.get("path", "").endswith("/labels")]
    assert (of_web["event"], of_web["request_id"]) == ("request", ID)
    assert lines[0]["request_id"] == ID
    asked = [x for x in model_lines() if x["endpoint"] == "encode_texts"]
    assert [x["request_id"] for x in asked] == [ID] * len(asked) != []


def test_a_strangers_header_never_reaches_the_models_log(model_lines):
    with ready(FakeEngine()) as url:
        body = {"texts": ["dog"]}
        for given in ("plain-id-123", 'x"}\t{"event":"forged', ""):
            httpx.post(f"{url}/v1/encode_texts", json=body, headers={"X-Request-ID": given}, trust_env=False)
    found = [x.get("request_id") for x in model_lines() if x["endpoint"] == "encode_texts"]
    assert found == ["plain-id-123", None, None]
