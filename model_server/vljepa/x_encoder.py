"""X-encoders: frames in, visual tokens out. All of them are frozen (paper section 3.1).

`small` differs from the paper in two ways. It encodes frame by frame, so windows that overlap share the work; and its
classifier's likeliest class names enter as tag tokens (design section 3), so words no caption used become reachable.

Letters: F frames, B clips, T frames a clip, N visual tokens a clip, C channels, K tags.
"""

import math
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from model_server.vljepa.config import XEncoderConfig

GRID = 5  # a frame's feature map is pooled to GRID x GRID tokens
COARSE = 2  # each frame also enters a clip as COARSE x COARSE tokens with its time
N_POOLS = 3  # in the summary of a frame


@dataclass(frozen=True)
class FrameFeatures:
    """What is known of F frames, and cached on disk for training."""

    tokens: Tensor  # (F, GRID * GRID, C); the pixels themselves where an x-encoder sees no frame alone
    probabilities: Tensor | None  # (F, n_classes), where the x-encoder has a classifier


@dataclass(frozen=True)
class VisualTokens:
    """What the predictor reads of B clips. It learns an embedding a place and a function of time."""

    tokens: Tensor  # (B, N, C)
    places: Tensor  # (N,) int: where in the picture, or at which scale
    times: Tensor  # (N,) float in (0, 1): when in the clip
    tags: Tensor | None = None  # (B, K, C_tag): class names as text embeddings, times sqrt(probability)
    tag_mean: Tensor | None = None  # (B, C_tag): probability-weighted mean over all class names
    frames: Tensor | None = None  # (B, T, N_POOLS * C): what is in each frame alone (`pools`)

    def keep(self, which: Tensor) -> "VisualTokens":
        """The same clips with only the tokens at `which`."""
        return replace(self, tokens=self.tokens[:, which], places=self.places[which], times=self.times[which])


class XEncoder(Protocol):
    """All that the rest of the system knows of an x-encoder: once a frame, then once a clip."""

    @property
    def net(self) -> nn.Module | None:
        """The frozen network, where torch runs it."""
        ...

    def encode_frames(self, frames: np.ndarray) -> FrameFeatures:
        """frames (F, frame_px, frame_px, 3) uint8: what can be done once for windows that share a frame."""
        ...

    def clip_tokens(self, features: FrameFeatures, index: Tensor) -> VisualTokens:
        """Clips of those frames. index (B, T)."""
        ...


class FrameBackbone(Protocol):
    """Pixels to frame features: ONNX Runtime on a CPU, torch on a GPU, the same numbers."""

    def __call__(self, frames: np.ndarray) -> FrameFeatures:
        """frames (F, frame_px, frame_px, 3) uint8."""
        ...


class FrameXEncoder:
    """An x-encoder that looks at each frame alone, and lays a clip out in two rates, as SlowFast does.

    Slow: the GRID x GRID tokens averaged over the clip (what is there). Fast: COARSE x COARSE tokens of every frame
    with its time (what changes). A photo has both from its one picture, so photos and clips look alike.
    """

    def __init__(self, backbone: FrameBackbone, names: Tensor | None, config: XEncoderConfig) -> None:
        self.backbone = backbone
        self.names = names  # (n_classes, C_tag) text embeddings of the class names
        self.n_tags = config.n_tags

    def __call__(self, frames: np.ndarray, index: np.ndarray) -> VisualTokens:
        """frames (F, H, W, 3) uint8, index (B, T): each frame is encoded once."""
        return self.clip_tokens(self.encode_frames(frames), torch.from_numpy(np.asarray(index, dtype=np.int64)))

    @property
    def net(self) -> nn.Module | None:
        return getattr(self.backbone, "net", None)

    def encode_frames(self, frames: np.ndarray) -> FrameFeatures:
        return self.backbone(frames)

    def clip_tokens(self, features: FrameFeatures, index: Tensor) -> VisualTokens:
        """Lay out clips from encoded frames. index (B, T)."""
        n_frames = index.shape[1]
        frames = features.tokens[index.to(features.tokens.device)]  # (B, T, GRID*GRID, C)
        slow = frames.mean(1)  # (B, GRID*GRID, C)
        pool = pool_matrix(GRID, COARSE).to(frames)  # (COARSE*COARSE, GRID*GRID)
        fast = (pool @ frames).flatten(1, 2)  # (B, T*COARSE*COARSE, C)
        n_slow, n_fast = slow.shape[1], COARSE * COARSE
        places = torch.cat([torch.arange(n_slow), n_slow + torch.arange(n_fast).repeat(n_frames)])
        when = (torch.arange(n_frames) + 0.5) / n_frames
        times = torch.cat([torch.full((n_slow,), 0.5), when.repeat_interleave(n_fast)])
        tags, tag_mean = self.clip_tags(features, index)
        rows, place = index.unique(return_inverse=True)  # windows share frames
        return VisualTokens(
            torch.cat([slow, fast], 1),
            places.to(frames.device),
            times.to(frames.device),
            tags,
            tag_mean,
            pools(features.tokens[rows.to(frames.device)])[place.to(frames.device)],
        )

    def clip_tags(self, features: FrameFeatures, index: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """The clip's likeliest class names, from probabilities averaged over its frames."""
        if features.probabilities is None or self.names is None:
            return None, None
        names = self.names.to(features.tokens)
        p = features.probabilities[index.to(features.tokens.device)].to(names).mean(1)  # (B, n_classes)
        top, which = p.topk(self.n_tags, dim=1)  # (B, K)
        return names[which] * top.sqrt().unsqueeze(-1), p @ names


def pools(tokens: Tensor) -> Tensor:
    """(..., GRID * GRID, C) -> (..., N_POOLS * C): mean, maximum and middle of a frame, as signed roots.

    The maximum keeps what is small, the middle what the camera was pointed at; the root (power normalisation, Perronnin
    et al. 2010) keeps a few bursts of texture from drowning the rest. Each was measured to help.
    """
    middle = tokens.unflatten(-2, (GRID, GRID))[..., 1:-1, 1:-1, :].mean((-3, -2))
    both = torch.cat([tokens.mean(-2), tokens.amax(-2), middle], -1)
    return both.sign() * both.abs().sqrt()


def pool_matrix(n: int, m: int) -> Tensor:
    """(m*m, n*n): adaptive average pooling of an n x n map to m x m as one matrix, which every runtime has."""
    rows = torch.zeros(m, n)
    for i in range(m):
        start, end = (i * n) // m, math.ceil((i + 1) * n / m)
        rows[i, start:end] = 1 / (end - start)
    return torch.from_numpy(np.kron(rows.numpy(), rows.numpy()))


class TinyBackbone:
    """Random projection of 5 x 5 patches' mean colours: for tests of everything around the model."""

    def __init__(self, dim: int, n_classes: int = 8) -> None:
        draw = torch.Generator().manual_seed(0)
        self.patch = torch.randn(3, dim, generator=draw)
        self.classes = torch.randn(3, n_classes, generator=draw)

    def __call__(self, frames: np.ndarray) -> FrameFeatures:
        x = torch.from_numpy(np.ascontiguousarray(frames)).float().permute(0, 3, 1, 2) / 255 - 0.5  # (F, 3, H, W)
        x = nn.functional.adaptive_avg_pool2d(x, GRID).flatten(2).transpose(1, 2)  # (F, 25, 3)
        return FrameFeatures(x @ self.patch, (8 * x.mean(1) @ self.classes).softmax(-1))


def tiny_names(tag_dim: int, n_classes: int = 8) -> Tensor:
    return torch.randn(n_classes, tag_dim, generator=torch.Generator().manual_seed(1))
