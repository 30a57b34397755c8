"""The last phase of stage 1: the heads alone, many epochs in a minute, on a cached trunk.

The transformer and the text encoder answer once for every view and caption. What is linear in their answers (the
output and text projections, the tag residual) and the shortcut then see several epochs with larger batches for the
price of a tenth of one. Measured: the steps of the full model are too few for the heads to settle. They are fitted
several times from the same start, each time with other draws, and averaged (model soups, arXiv 2203.05482): they stay
near enough to each other that the mean finds more than any of them.
"""

import argparse
import math
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from model_server.training.features import PHOTO_VIEWS, Features
from model_server.training.sentences import Sentences, encode_sentences
from model_server.training.validation import to_device
from model_server.vljepa.model import VLJEPA
from model_server.vljepa.x_encoder import XEncoder

CLIPS_A_RUN = 64
TRUNK_DROPOUT = 0.5  # of the trunk, which has seen the same pictures for epochs: the shortcut must not lean on it
ALONE = (1, 2, 3)  # quarters of a video whose picture is also seen alone, as the product sees a photo


@dataclass(frozen=True)
class Views:
    """The trunk's answers to V views of n items, and the text encoder's to m captions."""

    pooled: Tensor  # (V, hidden)
    frames: Tensor  # (F, 3C) half: the summary of each frame of each view, one view after another
    starts: Tensor  # (V + 1,): view v has the frames starts[v] : starts[v + 1]
    tag_mean: Tensor | None  # (V, C_tag)
    views_of: list[list[int]]  # of each item
    sentences: Tensor  # (m, hidden of the y-encoder)
    captions_of: list[list[int]]  # of each item

    def frames_of(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The frames of these views (n, 3C), and which of the views each belongs to (n,)."""
        counts = self.starts[rows + 1] - self.starts[rows]
        owner = torch.arange(len(rows)).repeat_interleave(counts)
        within = torch.arange(len(owner)) - (counts.cumsum(0) - counts)[owner]
        return self.frames[self.starts[rows][owner] + within].float(), owner.to(self.frames.device)

    def tags(self, rows: Tensor) -> Tensor | None:
        return None if self.tag_mean is None else self.tag_mean[rows]


def refine(
    model: VLJEPA,
    loss: nn.Module,
    known: list[Features],
    x_encoder: XEncoder,
    sentences: Sentences | None,
    args: argparse.Namespace,
) -> None:
    """Train the heads and the temperature in place. The same seed gives the same heads."""
    if not args.head_epochs:
        return
    weight = np.array([1 if item.is_photo else args.clip_weight for part in known for item in part.items], float)
    views = look_once(model, known, x_encoder, sentences)
    trained = [parameter for group in parameter_groups(model, loss, args) for parameter in group["params"]]
    with torch.no_grad():
        if model.predictor.tag_residual is not None:
            model.predictor.tag_residual.weight.mul_(args.tag_gain)
        start = [parameter.clone() for parameter in trained]
        total = [torch.zeros_like(parameter) for parameter in trained]
    for k in range(args.head_fits):
        copy(start, trained)
        fit(model, loss, views, weight, args, args.seed + k)
        for so_far, parameter in zip(total, trained, strict=True):
            so_far += parameter.detach() / args.head_fits
    copy(total, trained)


@torch.no_grad()
def copy(values: list[Tensor], parameters: list[Tensor]) -> None:
    for value, parameter in zip(values, parameters, strict=True):
        parameter.copy_(value)


def fit(model: VLJEPA, loss: nn.Module, views: Views, weight: np.ndarray, args: argparse.Namespace, seed: int) -> None:
    """`weight` (n,) says how often each item is drawn."""
    torch.manual_seed(seed)
    batch = min(args.head_batch, len(weight))
    steps = args.head_epochs * int(weight.sum()) // batch
    optimiser = torch.optim.AdamW(parameter_groups(model, loss, args))
    draw = np.random.default_rng(seed)
    model.train()
    for step in range(steps):
        items = draw.choice(len(weight), batch, replace=False, p=weight / weight.sum())
        for group in optimiser.param_groups:
            rate = group["factor"] * args.head_lr
            group["lr"] = rate * min(1, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / steps))
        value = head_loss(model, loss, views, items, draw)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        if step % 50 == 0:
            print(f"heads, seed {seed}: step {step}/{steps}  loss {float(value.detach()):.3f}", flush=True)
    model.eval()


def parameter_groups(model: VLJEPA, loss: nn.Module, args: argparse.Namespace) -> list[dict]:
    """The tag residual's steps grow with its weights, and it shrinks as slowly as the rest."""
    others = parameters_of(model.predictor.out, model.predictor.shortcut, model.y_encoder.projection)
    gain, decay = args.tag_gain, args.head_weight_decay
    return [
        {"params": others, "factor": 1.0, "weight_decay": decay},
        {"params": parameters_of(model.predictor.tag_residual), "factor": gain, "weight_decay": decay / gain},
        {"params": parameters_of(loss), "factor": 1.0, "weight_decay": 0.0},
    ]


def parameters_of(*parts: nn.Module | None) -> list[Tensor]:
    return [parameter for part in parts if part is not None for parameter in part.parameters()]


def head_loss(model: VLJEPA, loss: nn.Module, views: Views, items: np.ndarray, draw: np.random.Generator) -> Tensor:
    """One random view and one random caption of each item, half of them blended with up to as much of a second one:
    what several people say of a picture is what is in it. Captions of the very same words are one."""
    view, caption, other = (any_of(of, items, draw) for of in (views.views_of, views.captions_of, views.captions_of))
    share = torch.from_numpy(draw.random(len(items)) * (draw.random(len(items)) < 0.5) / 2).float()[:, None]
    alone = model.predictor.packed_alone(*views.frames_of(view), len(view))  # (B, D)
    pooled = dropout(views.pooled[view], TRUNK_DROPOUT)
    predicted = model.predictor.heads(pooled, alone, views.tags(view))  # (B, D)
    said = torch.lerp(views.sentences[caption], views.sentences[other], share.to(views.sentences.device))
    return loss(predicted, model.y_encoder.project(said), (caption[:, None] == caption[None]).to(predicted))


def any_of(choices: list[list[int]], items: np.ndarray, draw: np.random.Generator) -> Tensor:
    """One place of each item's own."""
    return torch.tensor([choices[i][draw.integers(len(choices[i]))] for i in items])


@torch.no_grad()
def look_once(model: VLJEPA, known: list[Features], x_encoder: XEncoder, sentences: Sentences | None = None) -> Views:
    model.eval()
    pooled, frames, counts, tag_mean = [], [], [], []
    views_of: list[list[int]] = []
    for features in known:
        for rows in by_length(features, model.config.clip_frames, model.config.x_encoder.n_looks, views_of):
            vision = x_encoder.clip_tokens(features.frames(rows.ravel()), torch.arange(rows.size).reshape(rows.shape))
            vision = to_device(vision, model.prompt.device)
            pooled.append(model.predictor.trunk(vision, model.prompt))
            frames.append(model.predictor.summary(vision).flatten(0, 1).half())
            counts += [len(frames[-1]) // len(rows)] * len(rows)
            if vision.tag_mean is not None:
                tag_mean.append(vision.tag_mean)
    texts, captions_of = all_captions(known)
    read = encode_sentences(model, texts) if sentences is None else sentences.of(texts)
    tags = torch.cat(tag_mean) if tag_mean else None
    starts = torch.tensor([0, *accumulate(counts)])
    return Views(torch.cat(pooled), torch.cat(frames), starts, tags, views_of, read, captions_of)


def by_length(features: Features, clip_frames: int, n_looks: int, views_of: list[list[int]]):  # type: ignore[no-untyped-def]
    """Frame rows (B, T) of every view of a folder, views of one length together; `views_of` gets their places."""
    first_view = sum(map(len, views_of))
    found: dict[int, list[tuple[int, np.ndarray]]] = {}
    for i, item in enumerate(features.items):
        rows = np.arange(features.starts[i], features.starts[i + 1])
        alone = [rows[k * len(rows) // 4 :][:n_looks] for k in ALONE]
        spread = rows[np.linspace(0, len(rows) - 1, clip_frames).round().astype(int)]
        for view in rows.reshape(PHOTO_VIEWS, -1) if item.is_photo else [spread, *alone]:
            found.setdefault(len(view), []).append((i, view))
    mine: list[list[int]] = [[] for _ in features.items]
    in_order = [pair for same in found.values() for pair in same]
    for place, (i, _) in enumerate(in_order):
        mine[i].append(first_view + place)
    views_of += mine
    for same in found.values():
        for k in range(0, len(same), CLIPS_A_RUN):
            yield np.stack([view for _, view in same[k : k + CLIPS_A_RUN]])


def all_captions(known: list[Features]) -> tuple[list[str], list[list[int]]]:
    """The distinct captions, shortest first, and the places of each item's own."""
    own = [item.captions for features in known for item in features.items]
    texts = sorted({text for captions in own for text in captions}, key=lambda text: (len(text), text))
    place = {text: i for i, text in enumerate(texts)}
    return texts, [[place[text] for text in captions] for captions in own]
