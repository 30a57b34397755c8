"""How visual tokens enter a language model: one linear layer; in `small` with learned places, times and tag tokens."""

import math

import torch
from torch import Tensor, nn

from model_server.vljepa.config import PredictorConfig
from model_server.vljepa.x_encoder import COARSE, GRID, VisualTokens

N_PLACES = GRID * GRID + COARSE * COARSE
N_WAVES = 8  # sines and cosines of a token's time


class VisionInput(nn.Module):
    """VisualTokens -> (B, N + K, hidden)."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: PredictorConfig, channels: int, tag_dim: int) -> None:
        super().__init__()
        self.vision = nn.Linear(channels, config.hidden)
        self.plain = config.plain_vision
        if not self.plain:
            # Per-channel statistics of the frozen x-encoder, set once before training.
            self.register_buffer("mean", torch.zeros(channels))
            self.register_buffer("std", torch.ones(channels))
            self.place = nn.Embedding(N_PLACES, config.hidden)
            self.time = nn.Linear(2 * N_WAVES, config.hidden)
            for weight in (self.place.weight, self.time.weight):
                nn.init.normal_(weight, std=0.02)
        self.tag = nn.Linear(tag_dim, config.hidden) if tag_dim else None

    def embed_vision(self, vision: VisualTokens) -> Tensor:
        if self.plain:
            return self.vision(vision.tokens.to(self.vision.weight))
        x = self.vision((vision.tokens - self.mean) / self.std)
        x = x + self.place(vision.places) + self.time(waves(vision.times))
        if self.tag is not None and vision.tags is not None:
            x = torch.cat([x, self.tag(vision.tags)], 1)
        return x


def waves(times: Tensor) -> Tensor:
    """(N,) times in (0, 1) -> (N, 2 * N_WAVES) sines and cosines of half to N_WAVES / 2 turns a clip."""
    angles = math.pi * times.unsqueeze(-1) * torch.arange(1, N_WAVES + 1, device=times.device)
    return torch.cat([angles.sin(), angles.cos()], -1)
