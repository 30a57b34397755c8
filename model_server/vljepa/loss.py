"""Training losses (paper section 3.2, table 5): bidirectional InfoNCE by default, and what the paper holds against it.

Every loss takes predicted (B, D) and target (B, D) embeddings, both L2-normalised, and gives a scalar. InfoNCE pushes
the targets of a batch apart. The others only pull pairs together, and a y-encoder that is trained can then answer
everything with one vector: add an anti-collapse term (VICReg or SIGReg), which the paper leaves open.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

MAX_SCALE = math.log(100.0)  # CLIP's ceiling: beyond it the softmax only memorises
N_DIRECTIONS = 256  # of SIGReg, drawn anew at each step: the steps together see the whole sphere
N_KNOTS, LAST_KNOT = 17, 5.0  # of its integral, as in LeJEPA


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


class PairLoss(nn.Module):
    """A row's prediction against its own target: without negatives, `positives` says nothing and is not read."""

    def forward(self, predicted: Tensor, target: Tensor, positives: Tensor | None = None) -> Tensor:
        del positives
        return self.distance(predicted, target).mean()

    def distance(self, predicted: Tensor, target: Tensor) -> Tensor:
        """(B,)"""
        raise NotImplementedError


class Cosine(PairLoss):
    """One minus the cosine."""

    def distance(self, predicted: Tensor, target: Tensor) -> Tensor:
        return 1 - (predicted * target).sum(1)


class L1(PairLoss):
    """The sum of absolute differences."""

    def distance(self, predicted: Tensor, target: Tensor) -> Tensor:
        return (predicted - target).abs().sum(1)


class L2(PairLoss):
    """The Euclidean distance. Not its square: between unit vectors that is the cosine loss, twice."""

    def distance(self, predicted: Tensor, target: Tensor) -> Tensor:
        return torch.linalg.vector_norm(predicted - target, dim=1)


class VICReg(nn.Module):
    """Variance and covariance terms of VICReg (arXiv 2105.04906), in its proportion of 25 to 1. x (B, D) -> scalar."""

    def forward(self, x: Tensor) -> Tensor:
        n_rows, dim = x.shape
        x = x - x.mean(0)
        covariance = x.T @ x / (n_rows - 1)  # (D, D)
        variance = covariance.diagonal()
        too_flat = (1 - (variance + 1e-4).sqrt()).relu().mean()
        return too_flat + (covariance.square().sum() - variance.square().sum()) / dim / 25


class SIGReg(nn.Module):
    """LeJEPA's sketched isotropic Gaussian regularisation (arXiv 2511.08544). x (B, D) -> scalar.

    The rows are projected on random directions, and each projection is held against N(0, 1) by the Epps-Pulley test:
    B times the integral over t of |phi(t) - exp(-t^2/2)|^2 exp(-t^2/2), phi the empirical characteristic function.
    """

    def forward(self, x: Tensor) -> Tensor:
        directions = torch.randn(x.shape[1], N_DIRECTIONS, device=x.device, dtype=x.dtype)
        return epps_pulley(x @ (directions / directions.norm(dim=0))).mean()


def epps_pulley(samples: Tensor) -> Tensor:
    """(B, M) -> (M,): the test statistic of each column."""
    t = torch.linspace(-LAST_KNOT, LAST_KNOT, N_KNOTS, device=samples.device, dtype=samples.dtype)
    gaussian = (-t.square() / 2).exp()  # (K,): both what is expected and how much each t counts
    angles = samples.unsqueeze(-1) * t  # (B, M, K)
    error = (angles.cos().mean(0) - gaussian).square() + angles.sin().mean(0).square()  # (M, K)
    return len(samples) * torch.trapezoid(error * gaussian, t, dim=-1)


class Guarded(nn.Module):
    """A loss with an anti-collapse term on predictions and targets.

    The term sees the embeddings times sqrt(D): spread evenly over the unit sphere, they then have variance one along
    every direction, which is what both terms ask for.
    """

    def __init__(self, loss: nn.Module, term: nn.Module, weight: float) -> None:
        super().__init__()
        self.loss, self.term, self.weight = loss, term, weight

    def forward(self, predicted: Tensor, target: Tensor, positives: Tensor | None = None) -> Tensor:
        root = math.sqrt(predicted.shape[1])
        spread = self.term(root * predicted) + self.term(root * target)
        return self.loss(predicted, target, positives) + self.weight * spread


LOSSES: dict[str, type[nn.Module]] = {"infonce": InfoNCE, "cosine": Cosine, "l1": L1, "l2": L2}
# The term, and its weight beside the loss where none is asked for: each paper's own.
TERMS: dict[str, tuple[type[nn.Module], float]] = {"vicreg": (VICReg, 1.0), "sigreg": (SIGReg, 0.05)}


def make_loss(name: str = "infonce", anti_collapse: str | None = None, weight: float | None = None) -> nn.Module:
    """The loss by its name. Raises ValueError naming the known ones."""
    if name not in LOSSES:
        raise ValueError(f"There is no loss {name!r}: choose one of {', '.join(LOSSES)}.")
    if anti_collapse is None:
        return LOSSES[name]()
    if anti_collapse not in TERMS:
        raise ValueError(f"There is no anti-collapse term {anti_collapse!r}: choose one of {', '.join(TERMS)}.")
    term, usual = TERMS[anti_collapse]
    return Guarded(LOSSES[name](), term(), usual if weight is None else weight)
