import dataclasses
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import numpy as np
import pytest

from model_server import client, wire
from model_server.client import RemoteEngine, split_clips
from model_server.engine import Clips, EngineError
from tests.model_servers import SPACE, LetterEngine, ready
from tests.test_server_wire import some_clips
from webapp.embedded.kept import free_port


@pytest.fixture(scope="module")
def remote():
    with ready(LetterEngine(), token="secret") as url:
        engine = RemoteEngine(url, "secret")
        yield engine
        engine.close()


@pytest.fixture
def connect():
    """Makes remote engines, and closes them."""
    with ExitStack() as engines:
        yield lambda *args, **options: engines.enter_context(closing(RemoteEngine(*args, **options)))


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(client, "PAUSE_S", 0.01)


def many_clips(n_frames: int, n: int, t: int = 2, side: int = 8) -> Clips:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 26, (n_frames, side, side, 3), dtype=np.uint8)
    return Clips(frames, np.sort(rng.integers(0, n_frames, (n, t)), axis=1).astype(np.int32))


def test_it_answers_as_the_engine_itself_does(remote):
    local = LetterEngine()
    assert remote.space == local.space
    assert np.array_equal(remote.predict(some_clips()), local.predict(some_clips()))
    assert np.array_equal(
        remote.encode_texts(["abc", "ünï", "a" * 4000]), local.encode_texts(["abc", "ünï", "a" * 4000])
    )
    assert remote.decode(local.encode_texts(["b", "c"])) == ["b", "c"]


def test_it_answers_nothing_for_nothing(remote):
    none = Clips(np.empty((0, 8, 8, 3), np.uint8), np.empty((0, 4), np.int32))
    assert remote.encode_texts([]).shape == (0, 26)
    assert remote.predict(none).shape == (0, 26)
    assert remote.decode(np.empty((0, 26), np.float32)) == []


def test_it_splits_what_is_more_than_a_request_may_hold(remote):
    local = LetterEngine()
    texts = [f"text {chr(97 + i % 26)} {i}" for i in range(wire.MAX_TEXTS + 5)]
    assert np.array_equal(remote.encode_texts(texts), local.encode_texts(texts))
    clips = many_clips(wire.MAX_FRAMES + 90, wire.MAX_CLIPS + 44)
    assert np.array_equal(remote.predict(clips), local.predict(clips))
    embeddings = np.eye(26, dtype=np.float32)[np.arange(wire.MAX_EMBEDDINGS + 3) % 26]
    assert remote.decode(embeddings) == local.decode(embeddings)


def test_it_splits_clips_by_bytes_and_keeps_shared_frames_together(monkeypatch):
    monkeypatch.setattr(wire, "MAX_BODY_BYTES", 2**20 + 40 * 50 * 50 * 3)
    clips = many_clips(120, 200, side=50)
    parts = list(split_clips(clips))
    assert len(parts) > 1
    assert all(len(wire.pack_clips(part)) <= wire.MAX_BODY_BYTES for part in parts)
    assert all(len(part.frames) == len(np.unique(part.index)) for part in parts)
    seen = np.concatenate([part.frames[part.index][:, :, 0, 0, 0] for part in parts])
    assert np.array_equal(seen, clips.frames[clips.index][:, :, 0, 0, 0])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda engine: engine.predict(some_clips(), "Another prompt?"), "one prompt"),
        (lambda engine: engine.predict(many_clips(2, 1, side=9)), "9x9"),
        (lambda engine: engine.predict(Clips(some_clips().frames, np.array([[3]], np.int32))), "outside 0 to 2"),
        (lambda engine: engine.predict(Clips(some_clips().frames, np.array([[0]]))), "int32"),
        (lambda engine: engine.predict(some_clips(), "\ud800"), "surrogates"),
        (lambda engine: engine.encode_texts(["a" * 4001]), "4000 characters"),
        (lambda engine: engine.decode(np.zeros((1, 25), np.float32)), "belong"),
    ],
)
def test_it_says_that_asking_again_is_no_use(remote, call, sentence):
    with pytest.raises(EngineError, match=sentence) as raised:
        call(remote)
    assert raised.value.permanent


def test_it_says_that_asking_again_may_help_when_the_model_stumbles(remote):
    for text in ("raise", "crash"):
        with pytest.raises(EngineError) as raised:
            remote.encode_texts([text])
        assert not raised.value.permanent


def test_it_says_that_its_token_is_wrong(connect):
    with ready(LetterEngine(), token="secret") as url, pytest.raises(EngineError, match="MODEL_SERVER_TOKEN") as raised:
        connect(url, "other").encode_texts(["a"])
    assert raised.value.permanent


def test_it_says_that_nobody_listens(connect):
    with pytest.raises(EngineError, match="cannot be reached") as raised:
        connect(f"http://127.0.0.1:{free_port()}").encode_texts(["a"])
    assert not raised.value.permanent


def test_it_gives_up_on_a_server_that_does_not_answer_in_time(connect):
    engine = LetterEngine()
    with ready(engine) as url:
        remote = connect(url, text_timeout_s=0.3)
        assert remote.space == SPACE
        engine.go_on.clear()
        with pytest.raises(EngineError, match="did not answer") as raised:
            remote.encode_texts(["a"])
        engine.go_on.set()
    assert not raised.value.permanent
    assert engine.batches[1:] == [["a"]]  # after the one that warms up; work that may have begun is not sent twice


def test_it_waits_out_a_busy_server(connect, monkeypatch):
    from model_server.server import service

    monkeypatch.setitem(service.MOST_REQUESTS, "predict", 0)
    with ready(LetterEngine()) as url:
        remote = connect(url)
        with pytest.raises(EngineError, match="busy") as raised:
            remote.predict(some_clips())
    assert not raised.value.permanent


def test_it_notices_another_model_and_goes_on_with_that_one(connect):
    port = free_port()
    other = dataclasses.replace(SPACE, version="2")
    with ExitStack() as first:
        remote = connect(first.enter_context(ready(LetterEngine(), port=port)))
        remote.encode_texts(["a"])
        first.close()
        with ready(LetterEngine(other), port=port):
            assert remote.space.version == "1"
            with pytest.raises(EngineError, match="changed its model") as raised:
                remote.encode_texts(["b"])
            assert not raised.value.permanent
            assert remote.space.version == "2"
            assert remote.encode_texts(["b"]).shape == (1, 26)


def test_it_never_mixes_spaces_when_another_thread_saw_the_change_first(connect):
    port = free_port()
    other = dataclasses.replace(SPACE, version="2")
    swapped, looked, outcome = threading.Event(), threading.Event(), list[object]()

    def caller(remote):
        outcome.append(remote.space.version)
        looked.set()
        swapped.wait(20)
        try:
            remote.encode_texts(["a"])
        except EngineError as error:
            outcome.append(error)

    with ExitStack() as first:
        remote = connect(first.enter_context(ready(LetterEngine(), port=port)))
        thread = threading.Thread(target=caller, args=[remote])
        thread.start()
        looked.wait(20)
        first.close()
        with ready(LetterEngine(other), port=port):
            assert remote.encode_texts(["a"]).shape == (1, 26)
            swapped.set()
            thread.join(20)
    assert outcome[0] == "1"
    assert "changed its model" in str(outcome[1])


def test_it_is_shared_by_threads(remote):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: remote.encode_texts([f"{chr(97 + i)}{i}"]), range(24)))
    assert [int(rows[0].argmax()) for rows in found] == list(range(24))


def test_it_refuses_a_server_that_is_no_model_server(connect):
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>It works!</html>")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.handle_request).start()
        with pytest.raises(EngineError, match="cannot be read"):
            _ = connect(f"http://127.0.0.1:{other.server_port}").space


def test_it_imports_neither_torch_nor_onnxruntime():
    code = "import sys, model_server.client; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "httpx" in loaded
    assert not {"torch", "transformers", "onnxruntime", "av", "sklearn"} & set(loaded)
