"""The training loss (paper section 3.2): bidirectional InfoNCE with a learnable temperature."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

MAX_SCALE = math.log(100.0)  # CLIP's ceiling: beyond it the softmax only memorises


class InfoNCE(nn.Module):
    """Predicted (B, D) against target (B, D) embeddings, both L2-normalised -> scalar.

    `positives` (B, B) gives each row's targets as weights: the identity by default; several rows of one picture or one
    prompt are positives of each other, and `soft` blends in how alike the captions themselves are.
    """

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def forward(self, predicted: Tensor, target: Tensor, positives: Tensor | None = None) -> Tensor:
        logits = self.log_scale.clamp(max=MAX_SCALE).exp() * predicted @ target.T  # (B, B)
        if positives is None:
            positives = torch.eye(len(logits), device=logits.device)
        return (cross_entropy(logits, positives) + cross_entropy(logits.T, positives.T)) / 2


def cross_entropy(logits: Tensor, weights: Tensor) -> Tensor:
    """Mean over rows of the cross-entropy against each row's weights, scaled to sum to one."""
    weights = weights / weights.sum(1, keepdim=True)
    return -(weights * log_softmax(logits, dim=1)).sum(1).mean()
