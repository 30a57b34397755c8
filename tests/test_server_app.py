import json
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from model_server import wire
from model_server.engine import Clips
from model_server.server import service
from tests.model_servers import SPACE, LetterEngine, ready, serving, wait_until_ready
from tests.test_server_wire import some_clips

TEXTS = {"Content-Type": "application/json"}
CLIPS = {"Content-Type": wire.CLIPS_TYPE}
EMBEDDINGS = {"Content-Type": wire.EMBEDDINGS_TYPE}


@pytest.fixture(scope="module")
def server():
    with ready(LetterEngine()) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def packed(frames=3, side=8, t=2) -> bytes:
    clips = Clips(np.zeros((frames, side, side, 3), np.uint8), np.zeros((1, t), np.int32))
    return wire.pack_clips(clips)


def measure(client: httpx.Client, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = (s for family in families for s in family.samples)
    return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())


def wait_for_queue(client: httpx.Client, method: str, depth: int) -> None:
    end = time.monotonic() + 20
    while measure(client, "seekframe_model_queue_depth", method=method) < depth:
        assert time.monotonic() < end, f"no {depth} requests wait in {method}"
        time.sleep(0.01)


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"].endswith(".")


def test_it_encodes_texts(server):
    answer = server.post("/v1/encode_texts", json={"texts": ["abba", "b"]})
    assert answer.status_code == 200
    assert answer.headers[wire.SPACE_HEADER] == wire.space_tag(SPACE)
    found = wire.unpack_embeddings(bytearray(answer.content), SPACE.dim)
    assert np.array_equal(found, LetterEngine().encode_texts(["abba", "b"]))


def test_it_predicts_and_decodes(server):
    answer = server.post("/v1/predict", content=wire.pack_clips(some_clips(), SPACE.prompt), headers=CLIPS)
    found = wire.unpack_embeddings(bytearray(answer.content), SPACE.dim)
    assert np.array_equal(found, LetterEngine().predict(some_clips()))
    captions = server.post("/v1/decode", content=answer.content, headers=EMBEDDINGS).json()["captions"]
    assert captions == LetterEngine().decode(found)


def test_it_tells_its_space_version_and_health(server):
    assert wire.space_from_json(server.get("/v1/space").json()) == SPACE
    version = server.get("/version").json()
    assert (version["model"], version["weights"]) == ("letters", "1")
    assert version["seekframe"].count(".") == 2
    assert server.get("/healthz").json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"texts": "abc"}', 400),
        (b'{"texts": [1]}', 400),
        (b'{"texts": [null]}', 400),
        (b'{"texts": []}', 422),
        (b'{"texts": ["\\ud800"]}', 422),
        (json.dumps({"texts": ["a"] * (wire.MAX_TEXTS + 1)}).encode(), 422),
        (json.dumps({"texts": ["a" * (wire.MAX_TEXT_CHARS + 1)]}).encode(), 422),
        (b" " * (8 * 2**20 + 1), 413),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else None,
)
def test_it_refuses_texts_that_are_no_texts(server, body, status):
    assert_problem(server.post("/v1/encode_texts", content=body, headers=TEXTS), status)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (packed()[:-1], 400),
        (packed() + b"x", 400),
        (packed(frames=wire.MAX_FRAMES + 1), 400),
        (packed(side=9), 422),
        (packed(t=5), 422),
        (wire.pack_clips(some_clips(), "Another prompt?"), 422),
    ],
    ids=["empty", "truncated", "too long", "many frames", "other size", "long clip", "other prompt"],
)
def test_it_refuses_clips_that_are_no_clips(server, body, status):
    assert_problem(server.post("/v1/predict", content=body, headers=CLIPS), status)


def test_it_refuses_embeddings_of_another_kind(server):
    good = wire.pack_embeddings(np.zeros((1, 26), np.float32))
    nan = wire.pack_embeddings(np.full((1, 26), np.nan, np.float32))
    foreign = wire.pack_embeddings(np.zeros((1, 25), np.float32))
    as_float64 = struct.pack("<4sBB2x2I", b"SKF1", 2, 3, 1, 26) + np.zeros(26, np.float64).tobytes()
    for body in (nan, foreign, as_float64, good[:-1], packed(), b""):
        assert_problem(server.post("/v1/decode", content=body, headers=EMBEDDINGS), 400)


def test_it_refuses_other_types_paths_and_methods(server):
    assert_problem(server.post("/v1/predict", content=packed(), headers=EMBEDDINGS), 415)
    assert_problem(server.post("/v1/encode_texts", content=b'{"texts": ["a"]}'), 415)
    assert_problem(server.get("/v2/space"), 404)
    assert_problem(server.get("/v1/predict"), 405)


def test_it_refuses_a_body_that_is_too_large_before_it_has_come(server):
    lines = f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: {wire.CLIPS_TYPE}\r\n"
    with socket.create_connection((server.base_url.host, server.base_url.port), timeout=20) as raw:
        raw.sendall(f"{lines}Content-Length: {wire.MAX_BODY_BYTES + 1}\r\n\r\n".encode())
        assert b" 413 " in raw.recv(1000).split(b"\r\n")[0]


def test_it_counts_the_bytes_of_a_body_that_names_no_length(server):
    def parts():
        for _ in range(9):
            yield b" " * 2**20

    try:
        answer = server.post("/v1/encode_texts", content=parts(), headers=TEXTS)
    except httpx.TransportError:
        return  # refused so early that the answer was lost with the connection
    assert_problem(answer, 413)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.sampled_from([("/v1/predict", CLIPS), ("/v1/decode", EMBEDDINGS), ("/v1/encode_texts", TEXTS)]),
    st.binary(max_size=300),
    st.sampled_from([b"", b"SKF1\x01\x01\0\0", b"SKF1\x02\x02\0\0", b'{"texts":']),
)
def test_it_answers_any_bytes_with_a_4xx(server, endpoint, body, start):
    path, headers = endpoint
    answer = server.post(path, content=start + body, headers=headers)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize(("text", "status"), [("raise", 503), ("crash", 500)])
def test_it_says_whether_asking_again_may_help_when_the_model_fails(server, text, status):
    before = measure(server, "seekframe_model_errors_total", method="encode_texts")
    answer = server.post("/v1/encode_texts", json={"texts": [text]})
    assert_problem(answer, status)
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "a bug" not in answer.text
    assert measure(server, "seekframe_model_errors_total", method="encode_texts") == before + 1


def test_it_merges_concurrent_requests_into_few_runs():
    engine = LetterEngine()
    with ready(engine) as url, httpx.Client(base_url=url, trust_env=False) as client, ThreadPoolExecutor(12) as pool:
        engine.go_on.clear()
        # The first batch is the one that warms the server up.
        answers = [pool.submit(client.post, "/v1/encode_texts", json={"texts": [f"text {i}"]}) for i in range(12)]
        wait_for_queue(client, "encode_texts", 12)
        engine.go_on.set()
        assert {answer.result().status_code for answer in answers} == {200}
        assert (
            measure(client, "seekframe_model_batch_size_count", method="encode_texts") == len(engine.batches[1:]) <= 3
        )
        assert measure(client, "seekframe_model_batch_size_sum", method="encode_texts") == 12
        assert measure(client, "seekframe_model_requests_total", endpoint="encode_texts", status="200") == 12
        client.post("/v1/encode_texts", json={"texts": ["text 1"]})
        assert measure(client, "seekframe_model_cached_texts_total") == 1


def test_it_turns_requests_away_when_too_many_wait(monkeypatch):
    monkeypatch.setitem(service.MOST_REQUESTS, "predict", 2)
    engine = LetterEngine()
    with ready(engine) as url, httpx.Client(base_url=url, trust_env=False) as client, ThreadPoolExecutor(2) as pool:
        engine.go_on.clear()
        inside = [pool.submit(client.post, "/v1/predict", content=packed(), headers=CLIPS) for _ in range(2)]
        wait_for_queue(client, "predict", 2)
        answer = client.post("/v1/predict", content=packed(), headers=CLIPS)
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"] == "1"
        engine.go_on.set()
        assert [answer.result().status_code for answer in inside] == [200, 200]
        assert client.post("/v1/predict", content=packed(), headers=CLIPS).status_code == 200


def test_it_wants_the_token_from_everyone_when_it_has_one():
    with ready(LetterEngine(), token="correct-horse") as url, httpx.Client(base_url=url, trust_env=False) as client:
        for given_token in ("", "Bearer", "Bearer wrong", "correct-horse", "Bearer correct-hors\xe9"):
            headers = {"Authorization": given_token.encode("latin-1")}
            for path in ("/v1/space", "/version", "/metrics"):
                answer = client.get(path, headers=headers)
                assert_problem(answer, 401)
                assert wire.SPACE_HEADER not in answer.headers
            assert_problem(client.post("/v1/encode_texts", json={"texts": ["a"]}, headers=headers), 401)
        assert client.get("/v1/space", headers={"Authorization": "Bearer correct-horse"}).status_code == 200
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("headers", [{"Host": "rebound.example"}, {"X-Forwarded-For": "192.0.2.7"}])
def test_it_answers_only_this_machine_without_a_token(server, headers):
    assert_problem(server.get("/v1/space", headers=headers), 401)


def test_it_is_unhealthy_until_the_model_is_loaded():
    loaded = threading.Event()

    def load():
        loaded.wait(20)
        return LetterEngine()

    with serving(load) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get("/healthz").status_code == 503
        assert_problem(client.get("/v1/space"), 503)
        assert_problem(client.post("/v1/encode_texts", json={"texts": ["a"]}), 503)
        assert client.get("/metrics").status_code == 200
        loaded.set()
        wait_until_ready(url)
        assert client.post("/v1/encode_texts", json={"texts": ["a"]}).status_code == 200
