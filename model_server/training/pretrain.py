"""Stage 1, prompt-free pretraining (paper section 3.3): align predicted with target embeddings, by InfoNCE or as asked.

python -m model_server.training.pretrain --preset small --data DIR... --out DIR

Every folder holds a captions.jsonl. Items of the splits `test` and `val` are left out; those of `val` choose nothing
but are measured after every epoch. In the end the heads alone are trained on a cached trunk (`heads`). Features of the
frozen x-encoder are cached. A killed run resumes from its last checkpoint when the same command is given again, and
ends with the same weights. `accelerate launch -m model_server.training.pretrain` runs it on many GPUs or machines.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model_server.frames.errors import MediaError
from model_server.local import cache_dir, pick_device
from model_server.training import heads
from model_server.training.batches import Batch, Sampler
from model_server.training.card import write_card
from model_server.training.data import DataProblem, Item, read_folder
from model_server.training.features import Features, cached_features
from model_server.training.metrics import Metrics
from model_server.training.processes import join_processes, of_all, own_part, seed_step, share_gradients
from model_server.training.run import Run, checkpoint_gradients, save_checkpoint, start, update_average
from model_server.training.sentences import known_sentences, target_embeddings
from model_server.training.starting import new_model
from model_server.training.validation import to_device, validation_scores
from model_server.vljepa import weights
from model_server.vljepa.loss import LOSSES, TERMS
from model_server.vljepa.model import VLJEPA, build_x_encoder, space_of
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.x_encoder import VisualTokens, XEncoder

PRECISIONS = ("float32", "bfloat16")


def nothing_more(model: VLJEPA) -> dict[str, float]:  # noqa: ARG001
    return {}


@dataclass(frozen=True)
class Stage:
    """Which command trains, and what it measures on held-out items besides retrieval."""

    command: str = "pretrain"
    measure: Callable[[VLJEPA], dict[str, float]] = nothing_more


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        train(args)
    except (DataProblem, MediaError, WeightsProblem, ValueError) as problem:
        sys.exit(f"pretrain: {problem}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    args = parser("pretrain", __doc__).parse_args(arguments)
    if args.tag_gain is None:
        args.tag_gain = 10.0 if args.start is None else 1.0  # stored weights have their gain already
    return args


def parser(command: str, about: str) -> argparse.ArgumentParser:
    """The options that both stages have."""
    parser = argparse.ArgumentParser(
        prog=f"python -m model_server.training.{command}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--preset", default="small")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, help="weights, checkpoint, metrics and model card")
    parser.add_argument("--start", type=Path, metavar="DIR", help="weights to go on from; base needs assemble_base's")
    parser.add_argument("--change", nargs="*", default=[], metavar="NAME=VALUE", help="of the preset's config")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--cache", type=Path, default=cache_dir() / "features")
    # Optimisation
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--clip-weight", type=int, default=3, help="times a video is drawn where a photo is drawn once")
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument("--lr", type=float, default=4e-4)
    parser.add_argument(
        "--schedule",
        choices=("constant", "cosine"),
        default="constant",
        help="of the rate after its warm-up (paper: constant in stage 1, cosine in stage 2)",
    )
    parser.add_argument("--y-lr-factor", type=float, default=0.05, help="of --lr, for the text encoder (paper: 0.05)")
    parser.add_argument("--shortcut-lr-factor", type=float, default=2.5, help="of --lr: it starts from nothing")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--loss", choices=LOSSES, default="infonce")
    parser.add_argument("--anti-collapse", choices=TERMS, help="a term beside the loss; all but infonce need one")
    parser.add_argument("--anti-collapse-weight", type=float, help="default: the term's own paper's")
    parser.add_argument("--warm-up", type=int, default=50, help="steps")
    parser.add_argument("--average", type=float, default=0.99, help="decay of the weight average; 0: none")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help="of the forward pass")
    parser.add_argument("--gradient-checkpointing", action="store_true", help="less memory, a third more time")
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
    return parser


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    processes = join_processes(pick_device(args.device))
    device = str(processes.device)
    model = new_model(args.preset, args.start, args.change).to(device)
    if args.gradient_checkpointing:
        checkpoint_gradients(model)
    threads = torch.get_num_threads()
    x_encoder = build_x_encoder(model.config, model.names.cpu(), device, cache_dir(), threads, model.folder)
    items = [read_folder(folder) for folder in args.data]
    space = space_of(model.config, "training")
    with processes.main_process_first():  # it fills the cache, the others read it
        known = [cached_features(part, x_encoder, space, args.cache) for part in map(training_part, items) if part]
        held = [cached_features(part, x_encoder, space, args.cache) for part in map(validation_part, items) if part]
        sentences = known_sentences(model, [*known, *held], args.cache)
    sampler = Sampler(known, model.config.clip_frames, args.batch, args.seed, args.clip_weight)
    run = start(args, model, known, sentences, processes)
    metrics = Metrics(args.out) if processes.is_main_process else None
    fit(run, metrics, sampler, x_encoder, held, args)
    if metrics:
        finish(run, metrics, known, held, x_encoder, args)


def fit(
    run: Run,
    metrics: Metrics | None,
    sampler: Sampler,
    x_encoder: XEncoder,
    held: list[Features],
    args: argparse.Namespace,
    stage: Stage = Stage(),
) -> None:
    """All epochs. Every process ends with the same weights; the first one, which has metrics, writes of them."""
    steps = args.epochs * sampler.batches_an_epoch
    print(f"{len(sampler.where)} items, {steps} steps of {args.batch}, from step {run.step}", flush=True)
    started = time.monotonic()
    while run.step < steps:
        epoch, first = divmod(run.step, sampler.batches_an_epoch)
        for batch in sampler.epoch(epoch, first):
            value = train_step(run, batch, x_encoder, learning_rate(run.step, steps, args), args)
            run.step += 1
            if metrics:
                report(metrics, run, steps, value, time.monotonic() - started)
                if run.step % args.checkpoint_every == 0:
                    save_checkpoint(run, args.out)
        if metrics:
            scores = validate(run, held, x_encoder, stage)
            metrics.write({"step": run.step, "epoch": epoch + 1, "validation": scores})
            print(f"epoch {epoch + 1}: validation {scores}", flush=True)
            save_checkpoint(run, args.out)


def finish(
    run: Run,
    metrics: Metrics,
    known: list[Features],
    held: list[Features],
    x_encoder: XEncoder,
    args: argparse.Namespace,
    stage: Stage = Stage(),
) -> None:
    """The heads alone, then weights and card: on one process."""
    run.model.load_state_dict(run.average, strict=False)
    heads.refine(run.model, run.loss, known, x_encoder, run.sentences, args)
    scores = validation_scores(run.model, held, x_encoder, run.sentences) | stage.measure(run.model)
    metrics.write({"step": run.step, "stage": "heads", "validation": scores})
    print(f"heads: validation {scores}", flush=True)
    weights.save(run.model, args.out)
    write_card(args.out, args, known, scores, stage.command)
    print(f"weights, metrics and model card: {args.out}")


def training_part(items: list[Item]) -> list[Item]:
    return [item for item in items if item.split not in ("val", "test")]


def validation_part(items: list[Item]) -> list[Item]:
    return [item for item in items if item.split == "val"]


def learning_rate(step: int, steps: int, args: argparse.Namespace) -> float:
    warm = min(1.0, (step + 1) / args.warm_up)
    left = 0.5 * (1 + math.cos(math.pi * step / steps)) if args.schedule == "cosine" else 1.0
    return float(args.lr * warm * left)


def train_step(run: Run, batch: Batch, x_encoder: XEncoder, rate: float, args: argparse.Namespace) -> float:
    for group in run.optimiser.param_groups:
        group["lr"] = rate * group["factor"]
    run.model.train()
    own, processes, drop = own_part(batch, run.processes), run.processes, run.model.config.predictor.token_dropout
    seed_step(args.seed, run.step, processes.process_index)
    with torch.autocast(processes.device.type, torch.bfloat16, enabled=args.precision == "bfloat16"):
        predicted = predict_batch(run.model, own, x_encoder, drop)  # (b, D)
        target = target_embeddings(run.model, own.texts, run.sentences)  # (b, D)
    seed_step(args.seed, run.step)  # what the loss draws, all draw
    predicted, target = of_all(predicted.float(), processes), of_all(target.float(), processes)  # (B, D)
    loss = run.loss(predicted, target, batch.positives.to(predicted.device))
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    share_gradients(run.model, run.loss, processes)
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.optimiser.step()
    update_average(run, args.average)
    return float(loss.detach())


def predict_batch(model: VLJEPA, batch: Batch, x_encoder: XEncoder, drop: float) -> Tensor:
    parts: list[Tensor] = []
    first = 0
    for seen in batch.seen:
        prompts = None if batch.prompts is None else batch.prompts[first : first + len(seen.frames)]
        first += len(seen.frames)
        rows, index = np.unique(seen.frames, return_inverse=True)
        features = seen.features.frames(rows)
        vision = x_encoder.clip_tokens(features, torch.from_numpy(index.reshape(seen.frames.shape)))
        vision = to_device(vision, model.prompt.device)
        prompt, mask = model.embed_prompts(prompts)
        pooled = model.predictor.trunk(leave_out(vision, drop), prompt, mask)
        gate = model.predictor.opened(prompt, mask)
        parts.append(model.predictor.heads(pooled, model.predictor.seen_alone(vision), vision.tag_mean, gate))
    return torch.cat(parts)


def leave_out(vision: VisualTokens, share: float) -> VisualTokens:
    """A random part of the visual tokens, the same places for the whole batch."""
    if not share:
        return vision
    n = vision.tokens.shape[1]
    return vision.keep(torch.randperm(n)[: n - int(share * n)].sort().values.to(vision.tokens.device))


@torch.no_grad()
def validate(run: Run, held: list[Features], x_encoder: XEncoder, stage: Stage) -> dict[str, float]:
    """Scores of the averaged weights on the items of split `val`, each seen whole."""
    current = {name: value.clone() for name, value in run.model.named_parameters()}
    run.model.load_state_dict(run.average, strict=False)
    scores = validation_scores(run.model, held, x_encoder, run.sentences) | stage.measure(run.model)
    run.model.load_state_dict(current, strict=False)
    return scores


def report(metrics: Metrics, run: Run, steps: int, value: float, seconds: float) -> None:
    metrics.write({"step": run.step, "loss": round(value, 4), "seconds": round(seconds, 1)})
    if run.step % 10 == 0:
        print(f"step {run.step}/{steps}  loss {value:.3f}  {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
