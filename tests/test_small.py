"""The shipped model itself: the x-encoder's two runtimes agree, and search's plain sense holds."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model_server.engine import Clips
from model_server.local import LocalEngine, load_engine
from model_server.presets import WEIGHTS_DIR
from model_server.vljepa import onnx_y_encoder, prompt, weights
from model_server.vljepa.lite2 import GRAPH, OnnxLite2, TorchLite2
from model_server.vljepa.onnx_int8 import write_int8
from model_server.vljepa.onnx_y_encoder import OnnxYEncoder


@pytest.fixture(scope="module")
def engine() -> LocalEngine:
    return load_engine("small", "cpu")


@pytest.fixture(scope="module")
def clips(engine: LocalEngine) -> Clips:
    """Photographs of scikit-learn, panned over, so that the features are those of pictures and not of noise."""
    from sklearn.datasets import load_sample_images

    pictures = load_sample_images().images
    side = engine.space.frame_px
    frames = [p[y : y + side, x : x + side] for p in pictures for y, x in ((0, 0), (30, 60), (60, 200), (89, 302))]
    return Clips(np.stack(frames), np.array([[0, 1, 2, 3], [4, 5, 6, 7]], np.int32))


def test_onnx_runtime_and_torch_predict_the_same_embeddings(engine: LocalEngine, clips: Clips, monkeypatch):
    by_onnx = engine.predict(clips)
    monkeypatch.setattr(engine.x_encoder, "backbone", TorchLite2("cpu"))
    by_torch = engine.predict(clips)
    assert (by_onnx * by_torch).sum(axis=1).min() >= 0.9999


def test_it_tells_a_temple_from_a_flower(engine: LocalEngine, clips: Clips):
    similarities = (
        engine.predict(clips) @ engine.encode_texts(["an old building with trees", "a close up of a flower"]).T
    )
    assert similarities.argmax(axis=1).tolist() == [0, 1]


def test_a_damaged_export_is_made_again(engine: LocalEngine, clips: Clips, tmp_path):
    broken = tmp_path / GRAPH
    broken.write_bytes(b"not a graph")
    seen = clips.frames[:1, :260, :260]
    tokens = OnnxLite2(tmp_path, threads=1)(seen).tokens
    np.testing.assert_allclose(tokens, engine.x_encoder.backbone(seen).tokens, atol=1e-4)


def test_queries_of_any_length_are_the_same_by_onnx_runtime_and_torch(engine: LocalEngine):
    texts = ["a dog", "two people ride along a wet road", "", "word " * 400]
    by_onnx = engine.encode_texts(texts)
    by_torch = engine.model.encode_texts(texts)
    alike = (by_onnx * by_torch.detach().numpy()).sum(axis=1)
    assert alike[:2].min() >= 0.998, "in eight bits"
    assert alike.min() >= 0.99, "no sentences"
    np.testing.assert_allclose(engine.encode_texts(texts[:1])[0], by_onnx[0], atol=1e-5)


def test_the_graph_of_replaced_weights_goes(engine: LocalEngine, tmp_path, monkeypatch):
    beside: list[str] = []

    def watched(graph: Path, path: Path) -> None:
        beside.extend(found.name for found in tmp_path.iterdir())
        write_int8(graph, path)

    monkeypatch.setattr(onnx_y_encoder, "write_int8", watched)
    for version in ("old", "new"):
        encode = OnnxYEncoder(engine.model, version, tmp_path, threads=1)
    name = f"y-encoder-%s-{onnx_y_encoder.EXPORT_VERSION}.onnx"
    assert beside == [name % "old"], "what a kill would leave in the cache: no half, and no larger graph"
    assert [path.name for path in tmp_path.iterdir()] == [name % "new"]
    assert encode(["a dog"]).shape == (1, engine.space.dim)


def test_weights_hold_the_prompt_as_its_package_reads_it(engine: LocalEngine, monkeypatch):
    config = engine.model.config.predictor
    torch.testing.assert_close(engine.model.prompt, prompt.embed_prompt(config, config.prompt))

    def not_read(*_: object) -> None:
        raise AssertionError("starting read the package: that takes seconds")

    monkeypatch.setattr(prompt, "packaged_file", not_read)
    prompt.tokenizer.cache_clear()
    weights.load(WEIGHTS_DIR / "small")


def test_it_writes_what_it_sees(engine: LocalEngine, clips: Clips):
    """Fails too where the stored y-decoder reads another version's embeddings, and so is left alone."""
    written = engine.decode(engine.predict(clips))
    assert all(text.endswith(".") and len(text.split()) > 2 for text in written)
    building, flower = engine.encode_texts(["an old building", "a flower"])
    said = engine.encode_texts(written)
    assert said[0] @ building > said[0] @ flower
    assert said[1] @ flower > said[1] @ building
