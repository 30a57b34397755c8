"""The presets of design section 3, by name."""

from dataclasses import replace
from pathlib import Path

from model_server.vljepa.config import PredictorConfig, VLJEPAConfig, XEncoderConfig, YEncoderConfig

WEIGHTS_DIR = Path(__file__).resolve().parent / "weights"

TINY = VLJEPAConfig(
    preset="tiny",
    dim=64,
    clip_frames=8,
    window_s=4.0,
    stride_s=2.0,
    x_encoder=XEncoderConfig(kind="tiny", frame_px=32, dim=48, tag_dim=16, n_tags=2),
    predictor=PredictorConfig(
        source="random",
        n_layers=2,
        hidden=64,
        intermediate=128,
        n_heads=4,
        n_kv_heads=2,
        rope_theta=10_000.0,
        prompt="Describe the scene.",
        shortcut=32,
    ),
    y_encoder=YEncoderConfig(kind="tiny", hidden=64, max_tokens=64, trained_layers=2),
)

SMALL = VLJEPAConfig(
    preset="small",
    dim=512,
    clip_frames=8,
    window_s=4.0,
    stride_s=2.0,
    x_encoder=XEncoderConfig(kind="efficientnet-lite2", frame_px=260, dim=1566, tag_dim=768, n_tags=5, n_looks=2),
    predictor=PredictorConfig(
        source="smollm2",
        n_layers=2,
        hidden=576,
        intermediate=1536,
        n_heads=9,
        n_kv_heads=3,
        rope_theta=100_000.0,
        prompt="Describe the scene.",
        shortcut=1024,
        token_dropout=0.5,
    ),
    y_encoder=YEncoderConfig(kind="mpnet-base", hidden=768, max_tokens=64, trained_layers=0),
)

# The paper's parts at their sizes (section 3.1). Their weights come from a hub, once: training.assemble_base.
BASE = VLJEPAConfig(
    preset="base",
    dim=1536,
    clip_frames=16,
    window_s=4.0,
    stride_s=2.0,
    x_encoder=XEncoderConfig(
        kind="vjepa2", frame_px=256, dim=1024, n_layers=24, n_heads=16, patch_px=16, tubelet_frames=2
    ),
    predictor=PredictorConfig(
        source="folder",
        n_layers=8,
        hidden=2048,
        intermediate=8192,
        n_heads=32,
        n_kv_heads=8,
        rope_theta=500_000.0,
        prompt="Describe the video.",
        plain_vision=True,
        n_words=128_256,
        norm_eps=1e-5,
        rope_scaling={
            "rope_type": "llama3",
            "factor": 32.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        },
    ),
    y_encoder=YEncoderConfig(
        kind="transformers",
        hidden=768,
        max_tokens=512,
        trained_layers=24,
        architecture={
            "model_type": "gemma3_text",  # EmbeddingGemma
            "vocab_size": 262_144,
            "hidden_size": 768,
            "intermediate_size": 1152,
            "num_hidden_layers": 24,
            "num_attention_heads": 3,
            "num_key_value_heads": 1,
            "head_dim": 256,
            "max_position_embeddings": 2048,
            "sliding_window": 512,
            "use_bidirectional_attention": True,
        },
        unit_sentence=False,
    ),
    stored="bfloat16",
)

# `base` as the community checkpoint cun-bjy/open-vljepa was trained: training.import_open_vljepa converts it.
OPEN_VLJEPA = replace(BASE, preset="open-vljepa", clip_frames=8, y_encoder=replace(BASE.y_encoder, max_tokens=64))

PRESETS = {config.preset: config for config in (TINY, SMALL, BASE, OPEN_VLJEPA)}
OPEN_CLIP = ("pe-core",)  # weights in open_clip's layout; the others' are in transformers'
DUAL = ("clip", "siglip2", *OPEN_CLIP)  # dual encoders behind the same protocol: model_server.dual
MODELS = sorted([*PRESETS, *DUAL])


def is_path(model: str) -> bool:
    """Whether a model is named by where its checkpoint lies, not by its preset."""
    return "/" in model


def preset(name: str) -> VLJEPAConfig:
    """The preset's config. Raises ValueError naming the known ones."""
    if name not in PRESETS:
        raise ValueError(f"There is no preset {name!r}: choose one of {', '.join(sorted(PRESETS))}.")
    return PRESETS[name]
