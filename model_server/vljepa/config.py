"""Sizes and sources of a VL-JEPA. Nothing but this file changes between `tiny`, `small` and the paper's size."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class XEncoderConfig:
    """The frozen visual encoder (the paper's X-Encoder)."""

    kind: str  # "efficientnet-lite2" or "tiny"
    frame_px: int  # side of the square frames it takes
    dim: int  # C, channels of a visual token
    tag_dim: int = 0  # channels of a tag token; 0 where the x-encoder has no classifier
    n_tags: int = 0  # likeliest classes that enter as tag tokens


@dataclass(frozen=True)
class PredictorConfig:
    """Transformer layers over visual, tag and prompt tokens, no causal mask (paper section 3.1)."""

    source: str  # "smollm2" (a slice of a language model) or "random"
    n_layers: int  # the last layers of the source
    hidden: int
    intermediate: int
    n_heads: int
    n_kv_heads: int
    rope_theta: float
    prompt: str  # the caption prompt (X_Q) stage 1 is trained with
    shortcut: int = 0  # hidden units of a two-layer path beside the transformer; 0 leaves it out
    token_dropout: float = 0.0  # share of visual tokens left out of a training step: cheaper, and a regulariser


@dataclass(frozen=True)
class YEncoderConfig:
    """The text encoder of targets and queries (the paper's Y-Encoder)."""

    kind: str  # "minilm-l6" or "tiny"
    hidden: int
    max_tokens: int
    trained_layers: int  # the last layers that are trained and stored; the lower ones stay as the package ships them


@dataclass(frozen=True)
class VLJEPAConfig:
    """One model. `from_dict` refuses keys it does not know."""

    preset: str
    dim: int  # D of the joint space
    clip_frames: int  # T of a full clip
    window_s: float
    stride_s: float
    x_encoder: XEncoderConfig
    predictor: PredictorConfig
    y_encoder: YEncoderConfig

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "VLJEPAConfig":
        parts = {"x_encoder": XEncoderConfig, "predictor": PredictorConfig, "y_encoder": YEncoderConfig}
        known = {f.name for f in fields(cls)}
        if set(values) != known:
            raise ValueError(f"config keys {sorted(set(values) ^ known)} are unknown or missing")
        return cls(**{k: parts[k](**v) if k in parts else v for k, v in values.items()})
