"""One more coordinate against hubs: clips that lie near to every caption and so answer queries that are not theirs.

In a joint space some points are among the nearest of far too many others (Radovanovic et al. 2010). CSLS (Conneau et
al. 2018, section 2.3) takes from each similarity how near the clip lies to captions at large. Here that subtraction is
part of the embedding, so an index over cosines needs to know nothing of it: with n the clip's nearness,

    predicted' = [predicted, LEVEL - n] / |.|       text' = [text, SHARE] / |.|
    cos(predicted', text') = (cos(predicted, text) - SHARE * (n - LEVEL)) / const,  as |predicted'| is near 1
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

NEAREST = 50  # captions whose mean similarity is a clip's nearness
SHARE = 0.5  # of the nearness that is taken away; from 0.3 to 0.7 all were measured to help
LEVEL = 0.5  # nearness of an ordinary clip; it only keeps the new coordinate about nought


class Hubness(nn.Module):
    """(n, D) -> (n, D + 1), L2-normalised. Captions at large are kept as `n_captions` rows of `rank` numbers."""

    bank: Tensor
    basis: Tensor
    centre: Tensor

    def __init__(self, dim: int, n_captions: int, rank: int) -> None:
        super().__init__()
        self.register_buffer("bank", torch.zeros(n_captions, rank))
        self.register_buffer("basis", torch.zeros(dim, rank))
        self.register_buffer("centre", torch.zeros(dim))

    @torch.no_grad()
    def fit(self, captions: Tensor) -> None:
        """captions (n_captions, D): target embeddings, kept by their principal components."""
        self.centre.copy_(captions.mean(0))
        _, _, directions = torch.linalg.svd(captions - self.centre, full_matrices=False)
        self.basis.copy_(directions[: self.basis.shape[1]].T)
        self.bank.copy_((captions - self.centre) @ self.basis)

    def nearness(self, predicted: Tensor) -> Tensor:
        """(n, D) -> (n, 1): mean similarity with the nearest captions of the bank."""
        near = predicted @ self.basis @ self.bank.T + (predicted @ self.centre).unsqueeze(-1)  # (n, n_captions)
        return near.topk(min(NEAREST, near.shape[-1]), dim=-1).values.mean(-1, keepdim=True)

    def predicted(self, embeddings: Tensor) -> Tensor:
        return normalize(torch.cat([embeddings, LEVEL - self.nearness(embeddings)], -1), dim=-1)

    def text(self, embeddings: Tensor) -> Tensor:
        return normalize(torch.cat([embeddings, torch.full_like(embeddings[..., :1], SHARE)], -1), dim=-1)


def without(embeddings: Tensor, dim: int) -> Tensor:
    """(n, D + 1) or (n, D) -> (n, D): the embeddings as they were before."""
    return normalize(embeddings[..., :dim], dim=-1)
