"""V-JEPA 2 as the x-encoder of `base` (paper section 3.1): frozen. It sees a clip whole: windows share no work.

A token spans two frames and 16 x 16 pixels: 16 frames of 256 pixels are 8 x 16 x 16 = 2,048 tokens.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import VJEPA2Config, VJEPA2Model

from model_server.vljepa.config import VLJEPAConfig, XEncoderConfig
from model_server.vljepa.frozen import X_ENCODER, frozen_path
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.x_encoder import FrameFeatures, VisualTokens

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # as its video processor has them
CLIPS_A_RUN = 8


class VJEPA2XEncoder:
    """Frames (F, px, px, 3) uint8 and index (B, T) -> B clips of N visual tokens."""

    def __init__(self, net: VJEPA2Model, clip_frames: int) -> None:
        self.net = net.eval().requires_grad_(False)
        self.clip_frames = clip_frames
        self.mean, self.std = (torch.tensor(values, device=net.device)[:, None, None] for values in (MEAN, STD))

    def encode_frames(self, frames: np.ndarray) -> FrameFeatures:
        """The pixels as they are: one byte a colour is the least that windows which share a frame can share."""
        return FrameFeatures(torch.from_numpy(np.ascontiguousarray(frames)), None)

    def clip_tokens(self, features: FrameFeatures, index: Tensor) -> VisualTokens:
        rows = index[:, filling(index.shape[1], self.clip_frames)]  # (B, clip_frames)
        parts = [self.encode(features.tokens[part.to(features.tokens.device)]) for part in rows.split(CLIPS_A_RUN)]
        tokens = torch.cat(parts)  # (B, N, C)
        n_times = self.clip_frames // self.net.config.tubelet_size
        n_places = tokens.shape[1] // n_times
        places = torch.arange(n_places, device=tokens.device).repeat(n_times)
        times = (torch.arange(n_times, device=tokens.device) + 0.5) / n_times
        return VisualTokens(tokens, places, times.repeat_interleave(n_places))

    @torch.no_grad()
    def encode(self, clips: Tensor) -> Tensor:
        """(B, T, px, px, 3) uint8 -> (B, N, C)."""
        pixels = clips.to(self.net.device).permute(0, 1, 4, 2, 3).float() / 255  # (B, T, 3, px, px)
        pixels = ((pixels - self.mean) / self.std).to(self.net.dtype)
        return self.net(pixels, skip_predictor=True).last_hidden_state


def filling(n_frames: int, clip_frames: int) -> Tensor:
    """(clip_frames,): which frame stands where when n_frames fill a clip, each as often as the next.

    >>> filling(2, 4).tolist()
    [0, 0, 1, 1]
    """
    return torch.arange(clip_frames) * n_frames // clip_frames


def empty_net(config: XEncoderConfig, clip_frames: int) -> VJEPA2Model:
    """The network of these sizes without V-JEPA's own predictor, which VL-JEPA has no use for."""
    sizes = VJEPA2Config(
        crop_size=config.frame_px,
        patch_size=config.patch_px,
        tubelet_size=config.tubelet_frames,
        frames_per_clip=clip_frames,
        hidden_size=config.dim,
        num_hidden_layers=config.n_layers,
        num_attention_heads=config.n_heads,
        mlp_ratio=config.mlp_ratio,
        # Its predictor, dropped below, is made as small as it can be.
        pred_hidden_size=12,
        pred_num_attention_heads=1,
        pred_num_hidden_layers=1,
    )
    net = VJEPA2Model(sizes)
    net.predictor = None  # type: ignore[assignment]
    return net


def load_vjepa2(config: VLJEPAConfig, folder: Path | None, device: str) -> VJEPA2XEncoder:
    """From the weights in a model's folder; in bfloat16 on a GPU; shapes alone on torch's meta device. Raises
    WeightsProblem."""
    if device == "meta":
        with torch.device("meta"):
            return VJEPA2XEncoder(empty_net(config.x_encoder, config.clip_frames), config.clip_frames)
    path = frozen_path(folder, X_ENCODER)
    net = empty_net(config.x_encoder, config.clip_frames)
    try:
        net.load_state_dict(load_file(path))
    except RuntimeError as problem:  # torch names each tensor, over many lines
        raise WeightsProblem(f"{path} does not fit the config beside it: make the folder again.") from problem
    half = device.startswith("cuda")
    nn.Module.to(net, device, torch.bfloat16 if half else torch.float32)  # its own stubs know no self
    return VJEPA2XEncoder(net, config.clip_frames)
