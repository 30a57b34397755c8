"""VL-JEPA assembled: x-encoder, predictor, y-encoder (paper figure 1). The y-decoder joins in a later version."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model_server.engine import Space
from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.predictor import Predictor
from model_server.vljepa.prompt import embed_prompt
from model_server.vljepa.x_encoder import FrameXEncoder, TinyBackbone, VisualTokens, tiny_names
from model_server.vljepa.y_encoder import YEncoder

CLASSES_FILE = Path(__file__).parent / "imagenet_classes.txt"


class VLJEPA(nn.Module):
    """The trained parts: predictor, y-encoder, and the temperature of the loss. The x-encoder stays outside, frozen."""

    names: Tensor
    prompt: Tensor

    def __init__(self, config: VLJEPAConfig) -> None:
        super().__init__()
        self.config = config
        self.predictor = Predictor(config.predictor, config.x_encoder.dim, config.x_encoder.tag_dim, config.dim)
        self.y_encoder = YEncoder(config.y_encoder, config.dim)
        # The class names' text embeddings: they belong to the x-encoder, and are stored so that loading is fast.
        n_classes = len(class_names()) if config.x_encoder.kind == "efficientnet-lite2" else 8
        self.register_buffer("names", torch.zeros(n_classes, config.x_encoder.tag_dim))
        self.register_buffer("prompt", embed_prompt(config.predictor, config.predictor.prompt), persistent=False)

    def predict(self, vision: VisualTokens) -> Tensor:
        """Predicted embeddings (B, D) under the caption prompt."""
        return self.predictor(vision, self.prompt)

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Target or query embeddings (B, D)."""
        ids, mask = self.y_encoder.tokenize(texts)
        device = self.prompt.device
        return self.y_encoder(ids.to(device), mask.to(device))


def class_names() -> list[str]:
    """ImageNet's class names in the order of the classifier's logits."""
    return CLASSES_FILE.read_text().splitlines()


def build_x_encoder(config: VLJEPAConfig, names: Tensor, device: str, cache_dir: Path, threads: int) -> FrameXEncoder:
    """The frozen x-encoder of a config, on ONNX Runtime where there is no GPU."""
    if config.x_encoder.kind == "tiny":
        return FrameXEncoder(
            TinyBackbone(config.x_encoder.dim), tiny_names(config.x_encoder.tag_dim), config.x_encoder.n_tags
        )
    from model_server.vljepa.lite2 import OnnxLite2, TorchLite2

    backbone = OnnxLite2(cache_dir, threads) if device == "cpu" else TorchLite2(device)
    return FrameXEncoder(backbone, names, config.x_encoder.n_tags)


def space_of(config: VLJEPAConfig, version: str) -> Space:
    """The space that weights of this version predict into."""
    return Space(
        model=config.preset,
        version=version,
        dim=config.dim,
        clip_frames=config.clip_frames,
        window_s=config.window_s,
        stride_s=config.stride_s,
        prompt=config.predictor.prompt,
        frame_px=config.x_encoder.frame_px,
    )


def random_model(config: VLJEPAConfig) -> VLJEPA:
    """The same random weights at every call: `tiny`, for tests."""
    state = torch.get_rng_state()
    torch.manual_seed(0)
    try:
        return VLJEPA(config)
    finally:
        torch.set_rng_state(state)


def as_float32(embeddings: Tensor) -> np.ndarray:
    return embeddings.float().cpu().numpy()
