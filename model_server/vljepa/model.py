"""VL-JEPA assembled: x-encoder, predictor, y-encoder (paper figure 1). The y-decoder stands beside it: `y_decoder`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model_server.engine import Space
from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.hubness import Hubness
from model_server.vljepa.predictor import Predictor
from model_server.vljepa.prompt import embed_prompts
from model_server.vljepa.x_encoder import FrameXEncoder, TinyBackbone, VisualTokens, XEncoder, tiny_names
from model_server.vljepa.y_encoder import YEncoder

CLASSES_FILE = Path(__file__).parent / "imagenet_classes.txt"


class VLJEPA(nn.Module):
    """The trained parts: predictor, y-encoder, and the temperature of the loss. The x-encoder stays outside, frozen."""

    names: Tensor
    prompt: Tensor

    def __init__(self, config: VLJEPAConfig, folder: Path | None = None, prompt: Tensor | None = None) -> None:
        """`folder` holds the frozen parts of a config that takes none from packages (`frozen`); without it such a model
        has its shapes, and knows no words. `prompt` is the caption prompt (L, hidden) as stored weights hold it."""
        super().__init__()
        self.config = config
        self.folder = folder
        self.predictor = Predictor(config.predictor, config.x_encoder.dim, config.x_encoder.tag_dim, config.dim)
        self.y_encoder = YEncoder(config.y_encoder, config.dim, folder)
        self.hubness = Hubness(config.dim, config.hub_captions, config.hub_rank) if config.hub_captions else None
        # The class names' text embeddings: they belong to the x-encoder, and are stored so that loading is fast.
        n_classes = {"efficientnet-lite2": len(class_names()), "tiny": 8}.get(config.x_encoder.kind, 0)
        self.register_buffer("names", torch.zeros(n_classes, config.x_encoder.tag_dim), persistent=n_classes > 0)
        # Stored where a package holds the words: to read them there takes seconds.
        stored = config.predictor.source == "smollm2"
        self.register_buffer("prompt", self.caption_prompt() if prompt is None else prompt, persistent=stored)

    def caption_prompt(self) -> Tensor:
        """(L, hidden)"""
        config = self.config.predictor
        if config.source == "folder" and self.folder is None:
            return torch.empty(0, config.hidden)
        return embed_prompts(config, [config.prompt], self.folder)[0][0]

    def predict(self, vision: VisualTokens, prompts: Sequence[str] | None = None) -> Tensor:
        """Predicted embeddings (B, D) under a prompt a clip, or under the caption prompt."""
        return self.as_predicted(self.predictor(vision, *self.embed_prompts(prompts)))

    def embed_prompts(self, prompts: Sequence[str] | None) -> tuple[Tensor, Tensor | None]:
        """(B, L, hidden) and (B, L) of a prompt a clip; the caption prompt (L, hidden) for all where there is none."""
        if prompts is None:
            return self.prompt, None
        rows, mask = embed_prompts(self.config.predictor, prompts, self.folder)
        return rows.to(self.prompt.device), mask.to(self.prompt.device)

    def as_predicted(self, embeddings: Tensor) -> Tensor:
        """(B, D) of the predictor -> as the space keeps them."""
        return embeddings if self.hubness is None else self.hubness.predicted(embeddings)

    def as_text(self, embeddings: Tensor) -> Tensor:
        """(B, D) of the y-encoder -> as the space asks with them."""
        return embeddings if self.hubness is None else self.hubness.text(embeddings)

    def forget_hubs(self) -> None:
        self.hubness, self.config = None, replace(self.config, hub_captions=0)

    def unfreeze(self) -> None:
        """All but what a package ships is trained."""
        self.requires_grad_(True)
        for part in self.y_encoder.shipped():
            part.requires_grad_(False)

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Target or query embeddings (B, D)."""
        ids, mask = self.y_encoder.tokenize(texts)
        device = self.prompt.device
        return self.as_text(self.y_encoder(ids.to(device), mask.to(device)))


def class_names() -> list[str]:
    """ImageNet's class names in the order of the classifier's logits."""
    return CLASSES_FILE.read_text().splitlines()


def build_x_encoder(
    config: VLJEPAConfig, names: Tensor, device: str, cache_dir: Path, threads: int, folder: Path | None = None
) -> XEncoder:
    """The frozen x-encoder of a config: from packages, on ONNX Runtime where there is no GPU; or from `folder`."""
    if config.x_encoder.kind == "vjepa2":
        from model_server.vljepa.vjepa2 import load_vjepa2

        return load_vjepa2(config, folder, device)
    if config.x_encoder.kind == "tiny":
        return FrameXEncoder(TinyBackbone(config.x_encoder.dim), tiny_names(config.x_encoder.tag_dim), config.x_encoder)
    from model_server.vljepa.lite2 import OnnxLite2, TorchLite2

    backbone = OnnxLite2(cache_dir, threads) if device == "cpu" else TorchLite2(device)
    return FrameXEncoder(backbone, names, config.x_encoder)


def space_of(config: VLJEPAConfig, version: str) -> Space:
    """The space that weights of this version predict into."""
    return Space(
        model=config.preset,
        version=version,
        dim=config.space_dim,
        clip_frames=config.clip_frames,
        window_s=config.window_s,
        stride_s=config.stride_s,
        prompt=config.predictor.prompt,
        frame_px=config.x_encoder.frame_px,
        n_looks=config.x_encoder.n_looks,
    )


def random_model(config: VLJEPAConfig) -> VLJEPA:
    """The same random weights at every call: `tiny`, for tests."""
    state = torch.get_rng_state()
    torch.manual_seed(0)
    try:
        return VLJEPA(config)
    finally:
        torch.set_rng_state(state)


def shapes_of(config: VLJEPAConfig) -> VLJEPA:
    """The model without memory, on torch's meta device; what packages hold is loaded: it is small."""
    with torch.device("meta" if config.predictor.source == "folder" else "cpu"):
        return VLJEPA(config)


def as_float32(embeddings: Tensor) -> np.ndarray:
    return embeddings.float().cpu().numpy()
