"""Dual encoders as engines: tiny random checkpoints of transformers' own classes, saved and read as true ones are."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import CLIPConfig, CLIPModel, PreTrainedTokenizerFast, SiglipConfig, SiglipModel

from model_server.dual import fetch
from model_server.dual.engine import DualEngine, load_dual
from model_server.dual.open_clip_towers import CONFIG, WEIGHTS
from model_server.engine import Clips, EngineError
from model_server.evaluation import retrieval
from model_server.loading import engine_of
from model_server.vljepa.packages import WeightsProblem

WORDS = ["<pad>", "<end>", "a", "dog", "cat", "runs", "sleeps", "red", "car"]
TEXT = {
    "vocab_size": len(WORDS), "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 2, "max_position_embeddings": 8, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1,
}  # fmt: skip
VISION = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
    "patch_size": 16,
}  # fmt: skip


def save_source(folder, net):
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A <end>", special_tokens=[("<end>", 1)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>").save_pretrained(folder)
    pixels = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4], "image_processor_type": "CLIPImageProcessor"}
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
    net.save_pretrained(folder)
    return folder


def save_open_clip_source(folder):
    """PE-Core's smallest: the image tower as released, a text tower of a few numbers."""
    open_clip = pytest.importorskip("open_clip", reason="pe-core needs an extra: requirements/rivals.txt")
    config = open_clip.get_model_config("PE-Core-T-16-384")
    config["text_cfg"] |= {"width": 16, "heads": 2, "layers": 1}
    config["vision_cfg"]["timm_model_name"] = "vit_pe_core_tiny_patch16_384"
    net = open_clip.CustomTextCLIP(**{key: value for key, value in config.items() if key != "custom_text"})
    facts = {"model_cfg": config, "preprocess_cfg": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}}
    (folder / CONFIG).write_text(json.dumps(facts))
    save_file(net.state_dict(), folder / WEIGHTS)
    return folder


def save_transformers_source(name, folder):
    if name == "clip":
        return save_source(folder, CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=12)))
    # SigLIP 2's checkpoints of one picture size are of SigLIP's classes
    return save_source(
        folder, SiglipModel(SiglipConfig(text_config=TEXT | {"projection_size": 16}, vision_config=VISION))
    )


@pytest.fixture(scope="module", params=["clip", "siglip2", "pe-core"])
def fetched(request, tmp_path_factory) -> tuple[str, Path]:
    """A model's name, and the folder that it was fetched to."""
    torch.manual_seed(0)
    name = request.param
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("out")
    made = save_open_clip_source(source) if name == "pe-core" else save_transformers_source(name, source)
    fetch.main([name, str(out), "--source", str(made)])
    return name, out


@pytest.fixture(scope="module")
def engine(fetched) -> DualEngine:
    return load_dual(*fetched, "cpu")


def frames(n: int, seed: int = 0, px: int = 32) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, px, px, 3), np.uint8)


def test_a_clip_is_the_mean_of_its_frames(engine):
    seen = frames(3, px=engine.space.frame_px)
    each = engine.predict(Clips(seen, np.arange(3, dtype=np.int32)[:, None]))
    clip = engine.predict(Clips(seen, np.array([[0, 1, 2]], np.int32)))
    mean = each.mean(0)
    np.testing.assert_allclose(clip[0], mean / np.linalg.norm(mean), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(each, axis=1), 1, atol=1e-5)


def test_pixels_are_normalised_as_the_source_says(engine):
    seen = frames(1, px=engine.space.frame_px)
    pixels = (seen[0] / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    batch = torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32)
    with torch.inference_mode():
        direct = engine.towers.images(batch)[0].numpy()
    ours = engine.predict(Clips(seen, np.zeros((1, 1), np.int32)))[0]
    np.testing.assert_allclose(ours, direct / np.linalg.norm(direct), atol=1e-5)


def test_texts_of_a_batch_do_not_change_each_other(engine):
    together = engine.encode_texts(["a dog", "a red car sleeps a cat runs a dog runs"])
    np.testing.assert_allclose(together[0], engine.encode_texts(["a dog"])[0], atol=1e-5)
    assert together.shape == (2, engine.space.dim)
    assert engine.encode_texts([]).shape == (0, engine.space.dim)


def test_it_says_what_it_is(engine):
    assert (engine.space.model, engine.space.frame_px) in (("clip", 32), ("siglip2", 32), ("pe-core", 384))
    assert len(engine.space.version) == 12


def test_it_hears_no_prompt_and_writes_no_captions(engine):
    clip = Clips(frames(1, px=engine.space.frame_px), np.zeros((1, 1), np.int32))
    with pytest.raises(EngineError, match="hears no prompt") as refused:
        engine.predict(clip, prompt="What is the dog doing?")
    assert refused.value.permanent
    with pytest.raises(EngineError, match="no captions"):
        engine.decode(engine.predict(clip))


def test_bad_clips_are_refused(engine):
    with pytest.raises(EngineError, match="Frames must be"):
        engine.predict(Clips(np.zeros((1, 16, 16, 3), np.uint8), np.zeros((1, 1), np.int32)))


def test_the_harness_takes_it(fetched, tmp_path, capsys):
    from PIL import Image

    lines = []
    for i, text in enumerate(("a dog", "a cat", "a red car")):
        Image.fromarray(frames(1, i, 48)[0]).save(tmp_path / f"{i}.png")
        lines.append(json.dumps({"file": f"{i}.png", "captions": [text]}))
    (tmp_path / "captions.jsonl").write_text("\n".join(lines))
    name, folder = fetched
    retrieval.main(["--preset", name, "--weights", str(folder), "--data", str(tmp_path), "--device", "cpu"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["text_to_video"]["pool"] == 3


def test_what_is_missing_is_said_with_the_command_that_gets_it(tmp_path):
    with pytest.raises(WeightsProblem, match=r"python -m model_server\.dual\.fetch clip"):
        engine_of("clip", "cpu", tmp_path)
    with pytest.raises(ValueError, match="choose one of"):
        engine_of("clap")
    with pytest.raises(WeightsProblem, match="no checkpoint in"):
        engine_of(str(tmp_path))


def test_a_source_that_is_no_dual_encoder_is_refused_before_anything_is_written(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(SystemExit, match="no dual encoder"):
        fetch.main(["clip", str(tmp_path / "out"), "--source", str(source)])
    assert not (tmp_path / "out").exists()


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    (tmp_path / WEIGHTS).touch()
    with pytest.raises(WeightsProblem, match=r"requirements/rivals\.txt"):
        load_dual("pe-core", tmp_path, "cpu")


def test_a_source_without_its_colours_is_refused_before_anything_is_written(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / CONFIG).write_text(json.dumps({"model_cfg": {"vision_cfg": {"image_size": 32}}}))
    with pytest.raises(SystemExit, match="preprocess_cfg"):
        fetch.main(["pe-core", str(tmp_path / "out"), "--source", str(source)])
    assert not (tmp_path / "out").exists()
