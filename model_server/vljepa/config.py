"""Sizes and sources of a VL-JEPA. Nothing but this file changes between `tiny`, `small` and the paper's size."""

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class XEncoderConfig:
    """The frozen visual encoder (the paper's X-Encoder)."""

    kind: str  # "efficientnet-lite2", "vjepa2" or "tiny"
    frame_px: int  # side of the square frames it takes
    dim: int  # C, channels of a visual token
    tag_dim: int = 0  # channels of a tag token; 0 where the x-encoder has no classifier
    n_tags: int = 0  # likeliest classes that enter as tag tokens
    n_looks: int = 1  # 2: every second frame shows the middle closer (`frames.closer`)
    # Of "vjepa2" alone
    n_layers: int = 0
    n_heads: int = 0
    mlp_ratio: float = 4.0
    patch_px: int = 0
    tubelet_frames: int = 0  # frames a token spans


@dataclass(frozen=True)
class PredictorConfig:
    """Transformer layers over visual, tag and prompt tokens, no causal mask (paper section 3.1)."""

    source: str  # whose words the prompt is read with: "smollm2", "folder" (beside the weights) or "random"
    n_layers: int  # the last layers of the source, or those from `first_layer` on
    hidden: int
    intermediate: int
    n_heads: int
    n_kv_heads: int
    rope_theta: float
    prompt: str  # the caption prompt (X_Q) stage 1 is trained with
    shortcut: int = 0  # hidden units of a two-layer path beside the transformer; 0 leaves it out
    plain_vision: bool = False  # the paper's: one linear layer, no learned places, no statistics of the x-encoder
    prompt_tokens: int = 512  # longer prompts are cut
    n_words: int = 0  # rows of the frozen word embedding, where it lies beside the weights
    norm_eps: float = 1e-6
    rope_scaling: dict[str, Any] | None = None  # Llama 3's, as transformers writes it
    hears: bool = False  # stage 2: trained under questions, so that any prompt may be put
    # The paper's ablations
    first_layer: int | None = None
    causal: bool = False
    random_start: bool = False  # layers drawn at random, not taken from the source
    token_dropout: float = 0.0  # share of visual tokens left out of a training step: cheaper, and a regulariser


@dataclass(frozen=True)
class YEncoderConfig:
    """The text encoder of targets and queries (the paper's Y-Encoder)."""

    kind: str  # "mpnet-base", "transformers" (any sentence encoder of that library) or "tiny"
    hidden: int
    max_tokens: int
    trained_layers: int  # the last layers that are trained and stored; the lower ones stay as the package ships them
    # Of "transformers" alone, which is trained and stored whole
    architecture: dict[str, Any] | None = None  # its config as transformers writes it, `model_type` included
    pooling: str = "mean"  # over tokens that are not padding; or "last" of them
    unit_sentence: bool = True  # whether the sentence is normalised before the linear layer; the paper's is not


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
    hub_captions: int = 0  # captions that predictions are held against, for one more coordinate (`hubness`); 0: none
    hub_rank: int = 64  # numbers a caption of those
    stored: str = "int8"  # matrices: "int8" with a scale a row, or "bfloat16", which a GPU then also computes in

    @property
    def space_dim(self) -> int:
        """Numbers of a stored embedding: D, and one against hubs."""
        return self.dim + (self.hub_captions > 0)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "VLJEPAConfig":
        parts = {"x_encoder": XEncoderConfig, "predictor": PredictorConfig, "y_encoder": YEncoderConfig}
        known = {f.name for f in fields(cls)}
        wrong = (set(values) - known) | (known - {"stored", "hub_captions", "hub_rank"} - set(values))
        if wrong:
            raise ValueError(f"config keys {sorted(wrong)} are unknown or missing")
        return cls(**{k: parts[k](**v) if k in parts else v for k, v in values.items()})

    def changed(self, changes: Sequence[str]) -> "VLJEPAConfig":
        """With other values, each written as in TOML: "predictor.causal=true", "dim=256".

        Raises ValueError for a name that no config has, and for a value of another kind.
        """
        values = self.to_dict()
        for change in changes:
            name, _, text = change.partition("=")
            *path, last = name.strip().split(".")
            place: Any = values
            for step in path:
                place = place.get(step) if isinstance(place, dict) else None
            if not isinstance(place, dict) or last not in place or isinstance(place[last], dict):
                raise ValueError(f"{change!r}: there is no {name.strip()!r} in a model's config.")
            try:
                value = tomllib.loads(f"value = {text.strip()}")["value"]
            except tomllib.TOMLDecodeError as problem:
                raise ValueError(f"{change!r}: write it as NAME=VALUE, words in quotes ({problem}).") from problem
            if place[last] is not None and type(place[last]) is not type(value):
                raise ValueError(f"{change!r}: {name.strip()} is a {type(place[last]).__name__}, like {place[last]!r}.")
            place[last] = value
        return VLJEPAConfig.from_dict(values)
