"""A run of stage 1: what is trained and with what, begun anew or taken up from its checkpoint."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import PartialState
from torch import Tensor, nn
from transformers import PreTrainedModel

from model_server.training.features import Features
from model_server.training.sentences import Sentences
from model_server.training.starting import set_statistics
from model_server.vljepa.loss import make_loss
from model_server.vljepa.model import VLJEPA


@dataclass
class Run:
    """Everything that training needs; what changes goes into a checkpoint."""

    model: VLJEPA
    loss: nn.Module
    optimiser: torch.optim.Optimizer
    average: dict[str, Tensor]  # exponential moving average of the trained weights: what is stored in the end
    # In no checkpoint
    sentences: Sentences | None  # of the captions, where the text encoder stays frozen
    processes: PartialState
    step: int = 0

    def state(self) -> dict[str, object]:
        return {
            "model": self.model.state_dict(),
            "loss": self.loss.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average,
            "step": self.step,
        }

    def restore(self, state: dict) -> None:
        self.model.load_state_dict(state["model"])
        self.loss.load_state_dict(state["loss"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average, self.step = state["average"], state["step"]


def start(
    args: argparse.Namespace,
    model: VLJEPA,
    known: list[Features],
    sentences: Sentences | None,
    processes: PartialState,
) -> Run:
    """A new run, or the one the checkpoint in `--out` was taken of."""
    args.out.mkdir(parents=True, exist_ok=True)
    device, checkpoint = model.prompt.device, args.out / "checkpoint.pt"
    loss = make_loss(args.loss, args.anti_collapse, args.anti_collapse_weight).to(device)
    if args.start is None:
        set_statistics(model, known)
    optimiser = torch.optim.AdamW(parameter_groups(model, loss, args), lr=args.lr, weight_decay=args.weight_decay)
    average = {name: value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}
    run = Run(model, loss, optimiser, average, sentences, processes)
    if checkpoint.exists():
        run.restore(torch.load(checkpoint, weights_only=True, map_location=device))
    return run


def parameter_groups(model: VLJEPA, loss: nn.Module, args: argparse.Namespace) -> list[dict]:
    slow = [p for p in model.y_encoder.model.parameters() if p.requires_grad]
    shortcut = [] if model.predictor.shortcut is None else list(model.predictor.shortcut.parameters())
    layers = [p for name, p in model.predictor.named_parameters() if not name.startswith("shortcut.")]
    return [
        {"params": [*layers, *model.y_encoder.projection.parameters()], "factor": 1.0},
        {"params": shortcut, "factor": args.shortcut_lr_factor},
        {"params": slow, "factor": args.y_lr_factor},
        {"params": loss.parameters(), "factor": 1.0, "weight_decay": 0.0},
    ]


@torch.no_grad()
def update_average(run: Run, decay: float) -> None:
    decay = min(decay, (1 + run.step) / (10 + run.step))  # the first steps are forgotten faster
    for name, value in run.model.named_parameters():
        if value.requires_grad:
            run.average[name].lerp_(value, 1 - decay)


def save_checkpoint(run: Run, folder: Path) -> None:
    aside = folder / "checkpoint.part"
    torch.save(run.state(), aside)
    aside.replace(folder / "checkpoint.pt")


def checkpoint_gradients(model: VLJEPA) -> None:
    """Of the layers that are trained: activations are computed again in the backward pass."""
    for layers in (model.predictor.layers, model.y_encoder.model):
        if isinstance(layers, PreTrainedModel) and any(p.requires_grad for p in layers.parameters()):
            layers.activation_checkpointing_enable({"use_reentrant": False})
