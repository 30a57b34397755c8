"""The real command, with the tiny preset: what `up` and Docker run."""

import signal
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

from model_server.client import RemoteEngine
from model_server.engine import Clips, EngineError
from tests.model_servers import start_process, wait_until_ready
from tests.services import free_port

TEXTS = ["a dog runs on the beach", "twee mensen koken", "雨の中の車", "a dog runs on the beach, again and again"]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from model_server.local import load_engine

    return load_engine("tiny", "cpu")


@pytest.fixture
def server(tmp_path):
    port = free_port()
    process = start_process(port, tmp_path, MODEL_SERVER_TOKEN="secret")
    yield port, process
    process.terminate()
    process.communicate(timeout=20)


def random_clips(side: int, t: int = 8) -> Clips:
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 256, (12, side, side, 3), dtype=np.uint8)
    starts = np.arange(0, 12 - t + 1, 2, dtype=np.int32)
    return Clips(frames, starts[:, None] + np.arange(t, dtype=np.int32))


def test_it_gives_what_the_local_engine_gives_and_comes_back_after_a_kill(server, engine, tmp_path):
    port, _ = server
    url = f"http://127.0.0.1:{port}"
    wait_until_ready(url)
    with closing(RemoteEngine(url, "secret")) as remote:
        lives_through_a_kill(remote, engine, server, tmp_path)


def lives_through_a_kill(remote, engine, server, tmp_path):
    port, process = server
    assert remote.space == engine.space
    same(remote, engine)

    kill_all(process)
    with pytest.raises(EngineError) as raised:
        remote.encode_texts(["is anyone there?"])
    assert not raised.value.permanent
    again = start_process(port, tmp_path, MODEL_SERVER_TOKEN="secret")
    wait_until_ready(f"http://127.0.0.1:{port}")
    same(remote, engine)
    again.terminate()
    again.communicate(timeout=20)
    assert again.returncode == 0


def same(remote, engine):
    np.testing.assert_allclose(remote.encode_texts(TEXTS), engine.encode_texts(TEXTS), atol=1e-6)
    for t in (8, 1):
        clips = random_clips(engine.space.frame_px, t)
        np.testing.assert_allclose(remote.predict(clips), engine.predict(clips), atol=1e-6)
    with pytest.raises(EngineError) as raised:
        remote.predict(random_clips(engine.space.frame_px), "What colour is it?")
    assert raised.value.permanent


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to gunicorn and its worker, as the kernel does when memory runs out."""
    import psutil

    for child in psutil.Process(process.pid).children():
        child.send_signal(signal.SIGKILL)
    process.send_signal(signal.SIGKILL)
    process.wait(20)


def test_it_stops_with_one_sentence_when_the_model_cannot_be_loaded(tmp_path):
    process = start_process(free_port(), tmp_path, SEEKFRAME_MODEL="huge")
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 3
    assert "The model cannot be loaded: There is no preset 'huge'" in errors.decode()
    assert "Traceback" not in errors.decode()


DAMAGED = """
import asyncio, pathlib, sys
from model_server.local import load_engine
from model_server.server.service import Service
folder = pathlib.Path(sys.argv[1])
(folder / "model.safetensors").write_bytes(b"\\x00" * 1000)
asyncio.run(Service().load(lambda: load_engine("tiny", "cpu", folder)))
"""


def test_it_stops_with_one_sentence_when_the_weights_are_damaged(tmp_path):
    command = [sys.executable, "-c", DAMAGED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 3
    assert done.stderr.startswith(f"The model cannot be loaded: The weights in {tmp_path} ")
    assert len(done.stderr.splitlines()) == 1


def test_it_says_that_weights_do_not_fit_their_config(tmp_path, engine):
    from safetensors.torch import load_file, save_file

    from model_server.local import load_engine
    from model_server.vljepa import weights

    weights.save(engine.model, tmp_path)
    stored = load_file(tmp_path / weights.WEIGHTS)
    stored["predictor.out.bias"] = stored["predictor.out.bias"][:-1].clone()
    save_file(stored, tmp_path / weights.WEIGHTS)
    with pytest.raises(weights.WeightsProblem, match="do not fit"):
        load_engine("tiny", "cpu", tmp_path)
