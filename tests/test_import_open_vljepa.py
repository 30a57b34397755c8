"""The community checkpoint: a synthetic file of its keys, and its equations written out without transformers."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import normalize, silu
from transformers import Gemma3TextModel

from model_server.engine import Clips
from model_server.local import load_engine
from model_server.presets import OPEN_VLJEPA
from model_server.training import import_open_vljepa
from model_server.training.import_open_vljepa import convert
from model_server.vljepa import weights
from model_server.vljepa.x_encoder import VisualTokens
from tests import base_parts

H, HEADS, KV, MLP, C, D = 32, 4, 2, 48, 24, 20
ROPE = base_parts.LLAMA_3_ROPE
PROMPTS = ["Describe the video.", "what is there in the red scene"]
IN_WORDS = [["Describe", "the", "video", "."], ["what", "is", "there", "in", "the", "red", "scene"]]
CONFIG = dataclasses.replace(
    OPEN_VLJEPA,
    dim=D,
    clip_frames=4,
    x_encoder=dataclasses.replace(OPEN_VLJEPA.x_encoder, frame_px=32, dim=C, n_layers=2, n_heads=2, mlp_ratio=2),
    predictor=dataclasses.replace(
        OPEN_VLJEPA.predictor,
        n_layers=8,
        hidden=H,
        intermediate=MLP,
        n_heads=HEADS,
        n_kv_heads=KV,
        n_words=len(base_parts.WORDS),
        rope_theta=ROPE["rope_theta"],
        rope_scaling={name: value for name, value in ROPE.items() if name != "rope_theta"},
    ),
    y_encoder=dataclasses.replace(
        OPEN_VLJEPA.y_encoder,
        hidden=16,
        architecture={"model_type": "gemma3_text", **base_parts.gemma_config().to_diff_dict()},
    ),
)


def its_state() -> dict[str, torch.Tensor]:
    """What the checkpoint's `model_state_dict` holds, at tiny sizes; norms away from one, so that they count."""
    torch.manual_seed(7)
    shapes = {
        "embed_tokens.weight": (len(base_parts.WORDS), H),
        "norm.weight": (H,),
        "vis_proj.weight": (H, C),
        "vis_proj.bias": (H,),
        "out_proj.weight": (D, H),
        "out_proj.bias": (D,),
    }
    keys = KV * H // HEADS
    for n in range(8):
        layer = {
            "input_layernorm": (H,),
            "self_attn.q_proj": (H, H),
            "self_attn.k_proj": (keys, H),
            "self_attn.v_proj": (keys, H),
            "self_attn.o_proj": (H, H),
            "post_attention_layernorm": (H,),
            "mlp.gate_proj": (MLP, H),
            "mlp.up_proj": (MLP, H),
            "mlp.down_proj": (H, MLP),
        }
        shapes |= {f"layers.{n}.{name}.weight": shape for name, shape in layer.items()}
    state = {f"predictor.{name}": torch.randn(shape) / 5 + (len(shape) == 1) for name, shape in shapes.items()}
    text = Gemma3TextModel(base_parts.gemma_config()).state_dict()
    state |= {f"y_encoder.model.{name}": tensor for name, tensor in text.items()}
    return state | {"y_encoder.projector.weight": torch.randn(D, 16), "y_encoder.projector.bias": torch.randn(D)}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    return base_parts.assembled(tmp_path_factory.mktemp("frozen"))


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "best.pt"
    torch.save({"model_state_dict": its_state(), "epoch": 49, "config": {"data": {"num_frames": 8}}}, path)
    return path


def test_our_predictor_gives_what_its_equations_give(checkpoint, frozen, tmp_path):
    convert(checkpoint, tmp_path / "out", frozen, CONFIG)
    model, _ = weights.load(tmp_path / "out")
    vision = torch.randn(2, 6, C)
    ids = [
        [1, *(base_parts.WORDS.index(word) if word in base_parts.WORDS else 2 for word in words)] for words in IN_WORDS
    ]
    expected = torch.stack([equations(its_state(), vision[i], ids[i]) for i in range(2)])
    tokens = VisualTokens(vision, torch.zeros(6, dtype=torch.long), torch.zeros(6))
    with torch.no_grad():
        torch.testing.assert_close(model.predict(tokens, PROMPTS), normalize(expected, dim=-1), atol=1e-5, rtol=0)
        pooled = model.predictor.trunk(tokens, model.prompt)[:1]
        raw = model.predictor.project(pooled, None, None)
    torch.testing.assert_close(raw[0], expected[0], atol=1e-5, rtol=1e-5)  # before embeddings are normalised to compare


def equations(state, vision, ids):
    """One clip (N, C) and its prompt's ids -> (D,), as the checkpoint's own predictor computes it."""
    p = {name.removeprefix("predictor."): tensor for name, tensor in state.items()}
    x = torch.cat([vision @ p["vis_proj.weight"].T + p["vis_proj.bias"], p["embed_tokens.weight"][ids]])  # (L, H)
    for n in range(8):
        w = {name.removeprefix(f"layers.{n}."): tensor for name, tensor in p.items() if name.startswith(f"layers.{n}.")}
        x = x + attention(w, rms_norm(x, w["input_layernorm.weight"]))
        y = rms_norm(x, w["post_attention_layernorm.weight"])
        gate = silu(y @ w["mlp.gate_proj.weight"].T)
        x = x + (gate * (y @ w["mlp.up_proj.weight"].T)) @ w["mlp.down_proj.weight"].T
    return p["out_proj.weight"] @ rms_norm(x, p["norm.weight"]).mean(0) + p["out_proj.bias"]


def rms_norm(x, weight):
    return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * weight


def attention(w, x):
    """Every token sees every token; two query heads share a key head."""
    size = H // HEADS
    q, k, v = ((x @ w[f"self_attn.{name}_proj.weight"].T).unflatten(-1, (-1, size)) for name in "qkv")
    heads = []
    for h in range(HEADS):
        a, b = rotate(q[:, h]), rotate(k[:, h // (HEADS // KV)])
        heads.append((a @ b.T / math.sqrt(size)).softmax(-1) @ v[:, h // (HEADS // KV)])
    return torch.cat(heads, -1) @ w["self_attn.o_proj.weight"].T


def rotate(x):
    """RoPE at positions 0 to L-1, its frequencies stretched as Llama 3 does."""
    half = x.shape[1] // 2
    out = x.clone()
    for i in range(half):
        frequency = stretched(ROPE["rope_theta"] ** (-i / half))
        for position in range(len(x)):
            cos, sin = math.cos(position * frequency), math.sin(position * frequency)
            out[position, i] = x[position, i] * cos - x[position, i + half] * sin
            out[position, i + half] = x[position, i + half] * cos + x[position, i] * sin
    return out


def stretched(frequency):
    turns = ROPE["original_max_position_embeddings"] * frequency / (2 * math.pi)
    if turns > ROPE["high_freq_factor"]:
        return frequency
    if turns < ROPE["low_freq_factor"]:
        return frequency / ROPE["factor"]
    share = (turns - ROPE["low_freq_factor"]) / (ROPE["high_freq_factor"] - ROPE["low_freq_factor"])
    return (1 - share) * frequency / ROPE["factor"] + share * frequency


def test_our_y_encoder_gives_its_mean_and_projection(checkpoint, frozen, tmp_path):
    convert(checkpoint, tmp_path / "out", frozen, CONFIG)
    model, _ = weights.load(tmp_path / "out")
    state = its_state()
    text = Gemma3TextModel(base_parts.gemma_config()).eval()
    text.load_state_dict({k.removeprefix("y_encoder.model."): v for k, v in state.items() if "y_encoder.model." in k})
    ids = torch.tensor([[1, 3, 4]])
    with torch.no_grad():
        mean = text(input_ids=ids).last_hidden_state.mean(1)
        expected = mean @ state["y_encoder.projector.weight"].T + state["y_encoder.projector.bias"]
        found = model.encode_texts(["a dog"])
    torch.testing.assert_close(found, normalize(expected, dim=-1), atol=1e-5, rtol=0)


def test_the_folder_is_an_engine_and_keeps_every_bit(checkpoint, frozen, tmp_path):
    convert(checkpoint, tmp_path / "out", frozen, CONFIG)
    engine = load_engine("open-vljepa", "cpu", tmp_path / "out")
    assert (engine.space.model, engine.space.prompt) == ("open-vljepa", "Describe the video.")
    frames = np.random.default_rng(0).integers(0, 255, (4, 32, 32, 3), dtype=np.uint8)
    clip = engine.predict(Clips(frames, np.arange(4, dtype=np.int32)[None]))
    assert clip.shape == engine.encode_texts(["a red bus"]).shape == (1, D)
    assert "Built with Llama" in (tmp_path / "out" / "MODEL_CARD.md").read_text()  # its licence asks for these words
    stored, state = load_file(tmp_path / "out" / weights.WEIGHTS), its_state()
    assert torch.equal(
        stored["predictor.layers.layers.7.mlp.up_proj.weight"], state["predictor.layers.7.mlp.up_proj.weight"]
    )


def without(name):
    return {key: tensor for key, tensor in its_state().items() if key != name}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (without("predictor.norm.weight"), r"lacks 1 tensors: predictor\.layers\.norm\.weight"),
        (without("predictor.embed_tokens.weight"), r"no predictor\.embed_tokens\.weight"),
        (its_state() | {"x_encoder.model.proj": torch.ones(2)}, r"'x_encoder\.model\.proj' is not a name"),
        (its_state() | {"predictor.layers.8.mlp.up_proj.weight": torch.ones(2)}, "1 tensors too many"),
        (
            its_state() | {"predictor.vis_proj.weight": torch.ones(2, 3)},
            r"shape \(2, 3\), and open-vljepa has \(32, 24\)",
        ),
    ],
)
def test_another_layout_is_refused_by_name(frozen, tmp_path, state, message):
    torch.save({"model_state_dict": state}, tmp_path / "best.pt")
    with pytest.raises(ValueError, match=message):
        convert(tmp_path / "best.pt", tmp_path / "out", frozen, CONFIG)
    assert not (tmp_path / "out").exists()


class Surprise:
    """What a hostile pickle would run."""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model": {}}, "no model_state_dict"),
        ([1], "no model_state_dict"),
        ({"model_state_dict": Surprise()}, "can be read safely"),
        (None, "can be read safely"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path, content, message):
    path = tmp_path / "best.pt"
    if content is None:
        path.write_bytes(b"not a checkpoint")
    else:
        torch.save(content, path)
    with pytest.raises(SystemExit, match=message):
        import_open_vljepa.main([str(path), str(tmp_path / "out")])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"best\.pt"):
        import_open_vljepa.main([str(tmp_path / "best.pt"), str(tmp_path / "out")])
