"""Stage 1, prompt-free pretraining (paper section 3.3): align predicted with target embeddings, by InfoNCE or as asked.

python -m model_server.training.pretrain --preset small --data DIR... --out DIR

Every folder holds a captions.jsonl. Items of the splits `test` and `val` are left out; those of `val` choose nothing
but are measured after every epoch. In the end the heads alone are trained on a cached trunk (`heads`). Features of the
frozen x-encoder are cached. A killed run resumes from its last checkpoint when the same command is given again, and
ends with the same weights.
"""

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model_server.frames.errors import MediaError
from model_server.local import cache_dir, pick_device
from model_server.training import heads
from model_server.training.batches import Batch, Sampler
from model_server.training.card import write_card
from model_server.training.data import DataProblem, Item, read_folder
from model_server.training.features import Features, cached_features
from model_server.training.sentences import Sentences, known_sentences, target_embeddings
from model_server.training.starting import new_model, set_statistics
from model_server.training.validation import to_device, validation_scores
from model_server.vljepa import weights
from model_server.vljepa.loss import LOSSES, TERMS, make_loss
from model_server.vljepa.model import VLJEPA, build_x_encoder, space_of
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.x_encoder import VisualTokens, XEncoder


@dataclass
class Run:
    """Everything that training needs; what changes goes into a checkpoint."""

    model: VLJEPA
    loss: nn.Module
    optimiser: torch.optim.Optimizer
    average: dict[str, Tensor]  # exponential moving average of the trained weights: what is stored in the end
    sentences: Sentences | None  # of the captions, where the text encoder stays frozen; in no checkpoint
    step: int = 0

    def state(self) -> dict[str, object]:
        return {
            "model": self.model.state_dict(),
            "loss": self.loss.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average,
            "step": self.step,
            "torch_rng": torch.get_rng_state(),
        }

    def restore(self, state: dict) -> None:
        self.model.load_state_dict(state["model"])
        self.loss.load_state_dict(state["loss"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average, self.step = state["average"], state["step"]
        torch.set_rng_state(state["torch_rng"])


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        train(args)
    except (DataProblem, MediaError, WeightsProblem, ValueError) as problem:
        sys.exit(f"pretrain: {problem}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model_server.training.pretrain", description=__doc__)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, help="weights, checkpoint, metrics and model card")
    parser.add_argument("--start", type=Path, metavar="DIR", help="weights to go on from; base needs assemble_base's")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--cache", type=Path, default=cache_dir() / "features")
    # Optimisation
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--clip-weight", type=int, default=3, help="times a video is drawn where a photo is drawn once")
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument("--lr", type=float, default=4e-4)
    parser.add_argument("--y-lr-factor", type=float, default=0.05, help="of --lr, for the text encoder (paper: 0.05)")
    parser.add_argument("--shortcut-lr-factor", type=float, default=2.5, help="of --lr: it starts from nothing")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--loss", choices=LOSSES, default="infonce")
    parser.add_argument("--anti-collapse", choices=TERMS, help="a term beside the loss; all but infonce need one")
    parser.add_argument("--anti-collapse-weight", type=float, help="default: the term's own paper's")
    parser.add_argument("--warm-up", type=int, default=50, help="steps")
    parser.add_argument("--average", type=float, default=0.99, help="decay of the weight average")
    parser.add_argument("--head-epochs", type=int, default=8, help="last phase: only the heads, on a cached trunk")
    parser.add_argument("--head-batch", type=int, default=512)
    parser.add_argument("--head-lr", type=float, default=1e-3)
    parser.add_argument("--head-weight-decay", type=float, default=1.0)
    parser.add_argument("--head-fits", type=int, default=6, help="from one start, with other draws each; averaged")
    parser.add_argument(
        "--tag-gain", type=float, help="of the tag residual from then on; 10, chosen on val; 1 with --start"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint-every", type=int, default=50, help="steps")
    args = parser.parse_args(arguments)
    if args.tag_gain is None:
        args.tag_gain = 10.0 if args.start is None else 1.0  # stored weights have their gain already
    return args


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    device = pick_device(args.device)
    model = new_model(args.preset, args.start).to(device)
    threads = torch.get_num_threads()
    x_encoder = build_x_encoder(model.config, model.names.cpu(), device, cache_dir(), threads, model.folder)
    items = [read_folder(folder) for folder in args.data]
    space = space_of(model.config, "training")
    known = [cached_features(part, x_encoder, space, args.cache) for part in map(training_part, items) if part]
    held = [cached_features(part, x_encoder, space, args.cache) for part in map(validation_part, items) if part]
    sampler = Sampler(known, model.config.clip_frames, args.batch, args.seed, args.clip_weight)

    sentences = known_sentences(model, [*known, *held], args.cache)

    run = start(args, model, known, sentences)
    steps = args.epochs * sampler.batches_an_epoch
    print(f"{len(sampler.where)} items, {steps} steps of {args.batch}, from step {run.step}", flush=True)
    started = time.monotonic()
    while run.step < steps:
        epoch, first = divmod(run.step, sampler.batches_an_epoch)
        for batch in sampler.epoch(epoch, first):
            value = train_step(run, batch, x_encoder, learning_rate(run.step, steps, args), args)
            run.step += 1
            report(args.out, run, steps, value, time.monotonic() - started)
            if run.step % args.checkpoint_every == 0:
                save_checkpoint(run, args.out)
        scores = validate(run, held, x_encoder)
        append_metrics(args.out, {"step": run.step, "epoch": epoch + 1, "validation": scores})
        print(f"epoch {epoch + 1}: validation {scores}", flush=True)
        save_checkpoint(run, args.out)
    run.model.load_state_dict(run.average, strict=False)
    heads.refine(run.model, run.loss, known, x_encoder, sentences, args)
    final = {"step": run.step, "stage": "heads", "validation": validation_scores(run.model, held, x_encoder, sentences)}
    append_metrics(args.out, final)
    print(f"heads: validation {final['validation']}", flush=True)
    weights.save(run.model, args.out)
    write_card(args.out, args, known, scores_of(args.out))
    print(f"weights, metrics and model card: {args.out}")


def training_part(items: list[Item]) -> list[Item]:
    return [item for item in items if item.split not in ("val", "test")]


def validation_part(items: list[Item]) -> list[Item]:
    return [item for item in items if item.split == "val"]


def start(args: argparse.Namespace, model: VLJEPA, known: list[Features], sentences: Sentences | None) -> Run:
    """A new run, or the one the checkpoint in `--out` was taken of."""
    args.out.mkdir(parents=True, exist_ok=True)
    device, checkpoint = model.prompt.device, args.out / "checkpoint.pt"
    loss = make_loss(args.loss, args.anti_collapse, args.anti_collapse_weight).to(device)
    if args.start is None:
        set_statistics(model, known)
    optimiser = torch.optim.AdamW(parameter_groups(model, loss, args), lr=args.lr, weight_decay=args.weight_decay)
    average = {name: value.detach().clone() for name, value in model.named_parameters() if value.requires_grad}
    run = Run(model, loss, optimiser, average, sentences)
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


def learning_rate(step: int, steps: int, args: argparse.Namespace) -> float:
    warm = min(1.0, (step + 1) / args.warm_up)
    return args.lr * warm * 0.5 * (1 + math.cos(math.pi * step / steps))


def train_step(run: Run, batch: Batch, x_encoder: XEncoder, rate: float, args: argparse.Namespace) -> float:
    for group in run.optimiser.param_groups:
        group["lr"] = rate * group["factor"]
    run.model.train()
    drop = run.model.config.predictor.token_dropout
    predicted = predict_batch(run.model, batch, x_encoder, drop)  # (B, D)
    target = target_embeddings(run.model, batch.texts, run.sentences)  # (B, D)
    loss = run.loss(predicted, target, batch.positives.to(predicted.device))
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.optimiser.step()
    update_average(run, args.average)
    return float(loss.detach())


def predict_batch(model: VLJEPA, batch: Batch, x_encoder: XEncoder, drop: float) -> Tensor:
    parts = []
    for seen in batch.seen:
        rows, index = np.unique(seen.frames, return_inverse=True)
        features = seen.features.frames(rows)
        vision = x_encoder.clip_tokens(features, torch.from_numpy(index.reshape(seen.frames.shape)))
        vision = to_device(vision, model.prompt.device)
        pooled = model.predictor.trunk(leave_out(vision, drop), model.prompt)
        parts.append(model.predictor.heads(pooled, model.predictor.seen_alone(vision), vision.tag_mean))
    return torch.cat(parts)


def leave_out(vision: VisualTokens, share: float) -> VisualTokens:
    """A random part of the visual tokens, the same places for the whole batch."""
    if not share:
        return vision
    n = vision.tokens.shape[1]
    return vision.keep(torch.randperm(n)[: n - int(share * n)].sort().values.to(vision.tokens.device))


@torch.no_grad()
def update_average(run: Run, decay: float) -> None:
    decay = min(decay, (1 + run.step) / (10 + run.step))  # the first steps are forgotten faster
    for name, value in run.model.named_parameters():
        if value.requires_grad:
            run.average[name].lerp_(value, 1 - decay)


@torch.no_grad()
def validate(run: Run, held: list[Features], x_encoder: XEncoder) -> dict[str, float]:
    """Scores of the averaged weights on the items of split `val`, each seen whole."""
    current = {name: value.clone() for name, value in run.model.named_parameters()}
    run.model.load_state_dict(run.average, strict=False)
    scores = validation_scores(run.model, held, x_encoder, run.sentences)
    run.model.load_state_dict(current, strict=False)
    return scores


def save_checkpoint(run: Run, folder: Path) -> None:
    aside = folder / "checkpoint.part"
    torch.save(run.state(), aside)
    aside.replace(folder / "checkpoint.pt")


def report(folder: Path, run: Run, steps: int, value: float, seconds: float) -> None:
    append_metrics(folder, {"step": run.step, "loss": round(value, 4), "seconds": round(seconds, 1)})
    if run.step % 10 == 0:
        print(f"step {run.step}/{steps}  loss {value:.3f}  {seconds:.0f} s", flush=True)


def append_metrics(folder: Path, row: dict) -> None:
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def scores_of(folder: Path) -> dict[str, float]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return next((row["validation"] for row in reversed(rows) if "validation" in row), {})


if __name__ == "__main__":
    main()
