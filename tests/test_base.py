"""The paper's parts (preset `base`), as tiny random checkpoints of the same transformers classes."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import LlamaModel, VJEPA2Model
from transformers.image_utils import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD

from model_server.engine import Clips, EngineError
from model_server.local import LocalEngine, load_engine
from model_server.presets import BASE, OPEN_VLJEPA
from model_server.training import assemble_base, decoder, pretrain
from model_server.vljepa import weights
from model_server.vljepa.frozen import NAMES, word_rows
from model_server.vljepa.loss import InfoNCE
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.prompt import embed_prompts
from model_server.vljepa.vjepa2 import VJEPA2XEncoder, load_vjepa2
from tests import base_parts

CLIP = np.arange(4, dtype=np.int32)[None]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def folder(parts):
    return base_parts.assembled(parts)


@pytest.fixture
def engine(folder) -> LocalEngine:
    return load_engine("base", "cpu", folder)


def some_frames(n: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (n, 32, 32, 3), dtype=np.uint8)


def tokens_of(engine, frames, index):
    features = engine.x_encoder.encode_frames(frames)
    return engine.x_encoder.clip_tokens(features, torch.as_tensor(index, dtype=torch.long))


def test_visual_tokens_are_those_of_vjepa2_itself(engine, parts):
    frames = some_frames(4)
    pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).double() / 255
    mean, std = (torch.tensor(values)[:, None, None] for values in (IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD))
    net = VJEPA2Model.from_pretrained(parts / "vjepa2").eval()
    with torch.no_grad():
        expected = net(((pixels - mean) / std)[None].float(), skip_predictor=True).last_hidden_state
    found = tokens_of(engine, frames, CLIP)
    assert found.tokens.shape == (1, 2 * 2 * 2, 24)  # two tubelets of four patches
    torch.testing.assert_close(found.tokens, expected, atol=1e-5, rtol=0)
    assert found.places.tolist() == [0, 1, 2, 3] * 2
    assert found.times.tolist() == [0.25] * 4 + [0.75] * 4


def test_an_image_fills_a_clip(engine):
    frames = some_frames(1)
    photo, clip = (engine.predict(Clips(frames, np.zeros((1, n), np.int32))) for n in (1, 4))
    np.testing.assert_array_equal(photo, clip)
    np.testing.assert_allclose(np.linalg.norm(photo, axis=1), 1, atol=1e-5)


def test_one_linear_layer_takes_vision_in_and_one_gives_the_embedding(engine):
    predictor = engine.model.predictor
    outside = {name for name, _ in predictor.named_parameters() if not name.startswith("layers.")}
    assert outside == {"vision.weight", "vision.bias", "out.weight", "out.bias"}
    assert predictor.layers.embed_tokens is None


def test_padding_of_prompts_changes_nothing(engine):
    vision = tokens_of(engine, some_frames(), [[0, 1, 2, 3], [2, 3, 4, 5]])
    prompts = ["Describe the video.", "where is the red dog in the video, and what is there"]
    with torch.no_grad():
        together = engine.model.predict(vision, prompts)
        alone = [engine.model.predict(vision, [prompt] * 2)[i] for i, prompt in enumerate(prompts)]
        caption = engine.model.predict(vision)
    torch.testing.assert_close(together, torch.stack(alone), atol=1e-5, rtol=0)
    torch.testing.assert_close(together[0], caption[0], atol=1e-5, rtol=0)
    assert (together[1] - caption[1]).abs().max() > 1e-3  # a prompt matters


def test_a_prompt_is_the_language_models_own_words_and_is_cut(engine, folder, parts):
    config = engine.model.config.predictor
    rows, mask = embed_prompts(config, ["the video"], folder)
    table = LlamaModel.from_pretrained(parts / "llama").embed_tokens.weight
    ids = [1, base_parts.WORDS.index("the"), base_parts.WORDS.index("video")]  # it starts with <s>
    torch.testing.assert_close(rows[0], table[ids].detach())
    assert mask.all()
    long, _ = embed_prompts(config, ["dog " * 600], folder)
    assert long.shape == (1, 512, 32)


def states(engine, vision, prompts):
    """(B, L, hidden): what the last layer says of each token."""
    seen = []
    hook = engine.model.predictor.layers.register_forward_hook(lambda *call: seen.append(call[-1].last_hidden_state))
    with torch.no_grad():
        engine.model.predict(vision, prompts)
    hook.remove()
    return seen[0]


@pytest.mark.parametrize("causal", [False, True])
def test_vision_sees_the_prompt_unless_causal(folder, parts, causal, tmp_path):
    out = base_parts.assembled(tmp_path, "--causal") if causal else folder
    engine = load_engine("base", "cpu", out)
    vision = tokens_of(engine, some_frames(), CLIP)
    a, b = (states(engine, vision, [prompt])[:, : vision.tokens.shape[1]] for prompt in ("the dog", "the bus"))
    assert bool((a - b).abs().max() < 1e-6) is causal


def test_padding_of_texts_changes_nothing(engine):
    texts = ["a dog", "the red bus is there in the video, where a cat is in the scene"]  # longer than a window
    together = engine.encode_texts(texts)
    alone = np.concatenate([engine.encode_texts([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_gradients_reach_what_is_trained_and_nothing_else(folder):
    model, _ = weights.load(folder)
    model.unfreeze()
    engine = LocalEngine(model, "v", "cpu", Path("unused"))
    vision = tokens_of(engine, some_frames(), [[0, 1, 2, 3], [2, 3, 4, 5]])
    InfoNCE()(model.predict(vision), model.encode_texts(["a dog", "a red cat"])).backward()
    assert [name for name, value in model.named_parameters() if value.grad is None] == []
    net = engine.x_encoder.net
    assert not any(value.requires_grad or value.grad is not None for value in net.parameters())
    assert net.predictor is None  # V-JEPA's own: VL-JEPA has no use for it


def test_it_stores_bfloat16_with_all_that_loading_needs(engine, folder, tmp_path):
    weights.save(engine.model, tmp_path / "copy")
    stored = load_file(tmp_path / "copy" / weights.WEIGHTS)
    assert {tensor.dtype for tensor in stored.values() if tensor.ndim > 1} == {torch.bfloat16}
    assert all((tmp_path / "copy" / name).exists() for name in NAMES)
    clips = Clips(some_frames(), CLIP)
    loaded = load_engine("base", "cpu", tmp_path / "copy")
    np.testing.assert_array_equal(loaded.predict(clips), engine.predict(clips))
    np.testing.assert_array_equal(loaded.encode_texts(["a dog"]), engine.encode_texts(["a dog"]))


def test_bfloat16_predicts_what_float32_does(engine, folder):
    half, _ = weights.load(folder)
    half.to(torch.bfloat16)
    vision = tokens_of(engine, some_frames(), CLIP)
    rounded = tokens_of(SimpleNamespace(x_encoder=half_x_encoder(folder)), some_frames(), CLIP)
    assert rounded.tokens.dtype == torch.bfloat16
    assert torch.cosine_similarity(rounded.tokens.float(), vision.tokens, dim=-1).min() > 0.999
    with torch.no_grad():
        clips = (half.predict(rounded) * engine.model.predict(vision)).sum()
        texts = (half.encode_texts(["a dog"]) * engine.model.encode_texts(["a dog"])).sum()
    assert min(clips, texts) > 0.999


def half_x_encoder(folder):
    """As load_vjepa2 makes it on a GPU."""
    x_encoder = load_vjepa2(weights.load(folder)[0].config, folder, "cpu")
    return VJEPA2XEncoder(x_encoder.net.to(torch.bfloat16), x_encoder.clip_frames)


@pytest.mark.parametrize("layers", [(0, 2), (2, 4), (0, 4)])
def test_the_predictor_takes_the_layers_that_were_asked_for(parts, tmp_path, layers):
    model, _ = weights.load(base_parts.assembled(tmp_path, "--layers", "{}-{}".format(*layers)))
    source = LlamaModel.from_pretrained(tmp_path / "llama").layers[slice(*layers)]
    assert len(model.predictor.layers.layers) == len(source)
    for mine, theirs in zip(model.predictor.layers.layers, source, strict=True):
        torch.testing.assert_close(
            mine.mlp.up_proj.weight, theirs.mlp.up_proj.weight.to(torch.bfloat16).float(), atol=0, rtol=0
        )


def test_a_random_predictor_keeps_the_words_and_nothing_else(tmp_path):
    out = base_parts.assembled(tmp_path, "--random-predictor")
    model, _ = weights.load(out)
    source = LlamaModel.from_pretrained(tmp_path / "llama")
    difference = model.predictor.layers.layers[0].mlp.up_proj.weight - source.layers[2].mlp.up_proj.weight
    assert difference.abs().max() > 0.01
    torch.testing.assert_close(word_rows(out, [3, 4]), source.embed_tokens.weight[3:5].detach())


def test_another_sentence_encoder_by_name(tmp_path):
    out = base_parts.assembled(tmp_path, "--text-encoder", str(tmp_path / "qwen"), "--pooling", "last")
    engine = load_engine("base", "cpu", out)
    texts = ["a dog", "the red bus is there"]
    together = engine.encode_texts(texts)
    assert together.shape == (2, 20)
    np.testing.assert_allclose(together[:1], engine.encode_texts(texts[:1]), atol=1e-5)


def test_it_trains_from_the_assembled_folder(folder, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    lines = []
    for i in range(4):
        Image.fromarray(some_frames()[i]).save(data / f"{i}.png")
        lines.append(json.dumps({"file": f"{i}.png", "captions": [f"{base_parts.WORDS[4 + i]} in the scene"]}))
    (data / "captions.jsonl").write_text("\n".join(lines))
    options = [
        "--data",
        str(data),
        "--out",
        str(tmp_path / "out"),
        "--cache",
        str(tmp_path / "cache"),
        "--device",
        "cpu",
    ]
    options += ["--preset", "base", "--batch", "4", "--epochs", "2", "--head-epochs", "1", "--warm-up", "1"]
    with pytest.raises(SystemExit, match="assemble_base"):
        pretrain.main(options)
    pretrain.main([*options, "--start", str(folder)])
    trained = load_engine("base", "cpu", tmp_path / "out")
    before = load_engine("base", "cpu", folder)
    clips = Clips(some_frames(), CLIP)
    assert np.abs(trained.predict(clips) - before.predict(clips)).max() > 1e-4
    with pytest.raises(EngineError, match="one prompt"):
        trained.predict(clips, prompt="what is there")


def test_a_decoder_learns_to_read_it(folder, tmp_path):
    """Whatever the predictor is a slice of, the decoder is one of SmolLM2."""
    own, data = tmp_path / "weights", tmp_path / "data"
    shutil.copytree(folder, own)
    data.mkdir()
    Image.fromarray(some_frames()[0]).save(data / "0.png")
    (data / "captions.jsonl").write_text(json.dumps({"file": "0.png", "captions": ["a dog runs"]}))
    options = ["--weights", str(own), "--data", str(data), "--text", str(data / "captions.jsonl")]
    options += [
        "--steps",
        "2",
        "--batch",
        "2",
        "--least-count",
        "1",
        "--layers",
        "0",
        "--cache",
        str(tmp_path / "cache"),
    ]
    decoder.main(options)
    engine = load_engine("base", "cpu", own)
    assert all(isinstance(text, str) for text in engine.decode(engine.predict(Clips(some_frames(), CLIP))))
    with pytest.raises(EngineError, match="no y-decoder"):
        load_engine("base", "cpu", folder).decode(engine.predict(Clips(some_frames(), CLIP)))


def test_problems_are_named(folder, parts, tmp_path):
    with pytest.raises(WeightsProblem, match="no weights"):
        load_engine("base", "cpu", tmp_path)
    weights.save(weights.load(folder)[0], tmp_path / "copy")
    (tmp_path / "copy" / "x_encoder.safetensors").unlink()
    with pytest.raises(WeightsProblem, match=r"no x_encoder.safetensors .*assemble_base"):
        load_engine("base", "cpu", tmp_path / "copy")
    here = base_parts.sources(parts)
    with pytest.raises(SystemExit, match="has 4 layers, and 2-6 were asked for"):
        assemble_base.main([str(tmp_path / "out"), *here, "--layers", "2-6"])
    with pytest.raises(SystemExit, match="the predictor takes a Llama"):
        assemble_base.main([str(tmp_path / "out"), *here, "--language-model", str(parts / "qwen")])
    with pytest.raises(SystemExit, match="2"):
        assemble_base.main([str(tmp_path / "out"), "--layers", "8"])


def test_the_community_preset_is_base_with_fewer_frames_and_shorter_captions():
    assert (OPEN_VLJEPA.clip_frames, OPEN_VLJEPA.y_encoder.max_tokens) == (8, 64)
    assert OPEN_VLJEPA.predictor == BASE.predictor
