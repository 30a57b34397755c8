"""The presets of design section 3, by name."""

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
    x_encoder=XEncoderConfig(kind="efficientnet-lite2", frame_px=260, dim=1566, tag_dim=384, n_tags=5),
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
    y_encoder=YEncoderConfig(kind="minilm-l6", hidden=384, max_tokens=64, trained_layers=3),
)

PRESETS = {config.preset: config for config in (TINY, SMALL)}


def preset(name: str) -> VLJEPAConfig:
    """The preset's config. Raises ValueError naming the known ones."""
    if name not in PRESETS:
        raise ValueError(f"There is no preset {name!r}: choose one of {', '.join(sorted(PRESETS))}.")
    return PRESETS[name]
