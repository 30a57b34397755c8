"""The real command, with the tiny preset: what `up` and Docker run."""

from contextlib import closing

import numpy as np
import psutil
import pytest

from model_server.client import RemoteEngine
from model_server.engine import Clips, EngineError
from model_server.server.service import unexpected
from tests.model_servers import process, wait_until_ready
from webapp.embedded.kept import free_port

TEXTS = ["a dog runs on the beach", "twee mensen koken", "雨の中の車", "a dog runs on the beach, again and again"]


def random_clips(side: int, t: int = 8) -> Clips:
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 256, (12, side, side, 3), dtype=np.uint8)
    starts = np.arange(0, 12 - t + 1, 2, dtype=np.int32)
    return Clips(frames, starts[:, None] + np.arange(t, dtype=np.int32))


def test_it_gives_what_the_local_engine_gives(tmp_path):
    from model_server.local import load_engine

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process(port, tmp_path), closing(RemoteEngine(url, "secret")) as remote:
        engine = load_engine("tiny", "cpu")  # while the server loads its own
        wait_until_ready(url)
        assert remote.space == engine.space
        np.testing.assert_allclose(remote.encode_texts(TEXTS), engine.encode_texts(TEXTS), atol=1e-6)
        for t in (8, 1):
            clips = random_clips(engine.space.frame_px, t)
            np.testing.assert_allclose(remote.predict(clips), engine.predict(clips), atol=1e-6)
        with pytest.raises(EngineError) as raised:
            remote.predict(random_clips(engine.space.frame_px), "What colour is it?")
        assert raised.value.permanent


def test_it_comes_back_after_a_kill_and_the_client_with_it(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with closing(RemoteEngine(url, "secret")) as remote:
        with process(port, tmp_path, "tests.model_servers:letters"):
            wait_until_ready(url)
            before = remote.encode_texts(TEXTS)
        with pytest.raises(EngineError) as raised:  # leaving the block killed it
            remote.encode_texts(TEXTS)
        assert not raised.value.permanent
        with process(port, tmp_path, "tests.model_servers:letters") as again:
            wait_until_ready(url)
            assert np.array_equal(remote.encode_texts(TEXTS), before)
            again.terminate()
            assert again.wait(60) == 0


def test_its_worker_ends_when_gunicorn_alone_is_killed_and_leaves_the_port_to_the_next(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process(port, tmp_path, "tests.model_servers:letters") as started:
        wait_until_ready(url)
        (worker,) = psutil.Process(started.pid).children()
        started.kill()
        assert psutil.wait_procs([worker], timeout=30)[1] == []
        with process(port, tmp_path, "tests.model_servers:letters"):
            wait_until_ready(url)


def test_it_stops_with_one_sentence_when_the_model_cannot_be_loaded(tmp_path):
    with process(free_port(), tmp_path, "tests.model_servers:broken") as started:
        assert started.stderr is not None
        errors = started.stderr.read().decode()
        assert started.wait(60) == 3
    assert "The model cannot be loaded: There is no such preset." in errors
    assert "Traceback" not in errors


def test_it_says_in_one_sentence_that_weights_are_damaged_or_do_not_fit(tmp_path):
    from safetensors.torch import load_file, save_file

    from model_server.local import load_engine
    from model_server.vljepa import weights

    weights.save(load_engine("tiny", "cpu").model, tmp_path)
    file = tmp_path / weights.WEIGHTS
    stored = load_file(file)
    stored["predictor.out.bias"] = stored["predictor.out.bias"][:-1].clone()
    save_file(stored, file)
    with pytest.raises(weights.WeightsProblem, match="do not fit") as misfit:
        load_engine("tiny", "cpu", tmp_path)
    file.write_bytes(bytes(1000))
    with pytest.raises(weights.WeightsProblem, match=f"The weights in {tmp_path}") as damaged:
        load_engine("tiny", "cpu", tmp_path)
    assert not any("\n" in str(problem.value) or unexpected(problem.value) for problem in (misfit, damaged))
