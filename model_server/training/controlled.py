"""The controlled comparison (paper section 4.4): VL-JEPA against a vision-language model in token space.

python -m model_server.training.controlled --data DIR... --classes DIR --out OUT [--docs docs/comparison.md]

Both see the same frozen features in the same batches. VL-JEPA's predictor learns the frozen text encoder's sentence
embedding of a caption, by InfoNCE; the VLM learns to write the caption, word by word. To write captions, VL-JEPA has a
y-decoder that was trained on the captions alone, before, and never saw a picture. Neither has tags or a shortcut, which
`small` adds to the paper. Measured along the way, at the items of split `val`: CIDEr, and which of the classes of
`--classes` (first caption of each item) a picture shows: VL-JEPA by the nearest embedding, the VLM by the lowest
perplexity. A killed run goes on from its last checkpoint.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from model_server.evaluation import controlled as measures
from model_server.frames.errors import MediaError
from model_server.local import cache_dir
from model_server.training import decoder as y_training
from model_server.training.batches import Batch, Sampler
from model_server.training.data import DataProblem, read_folder
from model_server.training.features import cached_features
from model_server.training.pretrain import predict_batch, training_part, validation_part
from model_server.training.rivals import Rivals, new_jepa, new_rivals, trained_parameters
from model_server.training.sentences import Sentences, read_once
from model_server.training.starting import set_statistics
from model_server.training.texts import tidy
from model_server.vljepa.model import build_x_encoder, space_of
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.x_encoder import XEncoder

FIRST, EACH = 8, 2  # steps before the first measurement; then after so many times as many
EVERY = 16  # steps from checkpoint to checkpoint


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        compare(args)
    except (DataProblem, MediaError, WeightsProblem, ValueError, OSError) as problem:
        sys.exit(f"controlled: {problem}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m model_server.training.controlled",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--preset", default="small")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--classes", type=Path, required=True, metavar="DIR", help="pictures, one class each")
    parser.add_argument("--n-classes", type=int, default=200, help="pictures of --classes taken, evenly spread")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint and comparison.json")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="written as Markdown, the plot beside it")
    parser.add_argument("--cache", type=Path, default=cache_dir() / "features")
    parser.add_argument("--steps", type=int, default=256)
    parser.add_argument("--decoder-steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--lr", type=float, default=5e-4, help="of all, after 20 steps of warm-up")
    parser.add_argument("--noise", type=float, default=0.5, help="on the sentence embeddings the y-decoder learns from")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    args.predicted_share = 0.0  # the y-decoder learns from captions alone
    return args


def compare(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    jepa = new_jepa(args.preset)
    x_encoder = build_x_encoder(jepa.config, jepa.names, "cpu", cache_dir(), torch.get_num_threads())
    space = space_of(jepa.config, "training")
    folders = [read_folder(folder) for folder in args.data]
    known = [cached_features(part, x_encoder, space, args.cache) for part in map(training_part, folders) if part]
    held = [cached_features(part, x_encoder, space, args.cache) for part in map(validation_part, folders) if part]
    if not held:
        raise DataProblem("No item of --data has the split `val`: there is nothing to measure on.")
    pictured = read_folder(args.classes)
    pictured = pictured[:: max(1, len(pictured) // args.n_classes)][: args.n_classes]
    shown = cached_features(pictured, x_encoder, space, args.cache)
    set_statistics(jepa, known)
    texts = sorted(
        {text for part in known for item in part.items for text in (*item.captions, *map(tidy, item.captions))}
    )
    sentences = read_once(jepa, texts, args.cache, jepa.config.y_encoder.kind)
    names = [item.captions[0] for item in pictured]
    rivals = new_rivals(jepa, known, names, args.lr)
    test = measures.Test(x_encoder, held, shown, names, jepa.encode_texts(names))
    run(rivals, Sampler(known, jepa.config.clip_frames, args.batch, args.seed), x_encoder, sentences, test, args)


def run(
    rivals: Rivals,
    sampler: Sampler,
    x_encoder: XEncoder,
    sentences: Sentences,
    test: measures.Test,
    args: argparse.Namespace,
) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    points: list[measures.Point] = []
    step = -1
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        rivals.restore(state)
        step, points = state["step"], [measures.Point(**point) for point in state["points"]]
    if step < 0:
        learn_to_write(rivals, sampler, sentences, args)
        step = 0
        save(checkpoint, rivals, step, points)
    wanted = {args.steps} | {FIRST * EACH**k for k in range(20)}
    for batch in batches_from(sampler, step):
        if step >= args.steps:
            break
        warm = min(1.0, (step + 1) / 20)
        values = learn_step(rivals, batch, x_encoder, sentences, args.lr * warm)
        step += 1
        print(f"step {step}/{args.steps}  VL-JEPA {values[0]:.3f}  VLM {values[1]:.3f}", flush=True)
        if step in wanted:
            points += measures.measure(rivals.jepa, rivals.decoder, rivals.vlm, test, step * args.batch)
        if step in wanted or step % EVERY == 0:
            save(checkpoint, rivals, step, points)
    costs = measures.costs(rivals.jepa, rivals.decoder, rivals.vlm, test)
    facts = {"points": [asdict(point) for point in points], "costs_ms": costs}
    (args.out / "comparison.json").write_text(json.dumps(facts, indent=1) + "\n")
    if args.docs:
        measures.write_docs(args.docs, points, costs, trained_parameters(rivals), test, args)
    print(json.dumps(facts))


def batches_from(sampler: Sampler, step: int):  # type: ignore[no-untyped-def]
    """Endless, from this step on."""
    while True:
        epoch, first = divmod(step, sampler.batches_an_epoch)
        for batch in sampler.epoch(epoch, first):
            yield batch
            step += 1


def learn_to_write(rivals: Rivals, sampler: Sampler, sentences: Sentences, args: argparse.Namespace) -> None:
    """The y-decoder, from sentence embeddings with noise."""
    captions = sorted({tidy(text) for part in sampler.folders for item in part.items for text in item.captions})
    nothing = torch.empty(0, rivals.jepa.config.dim)
    pairs = y_training.Pairs(rivals.decoder.spelled(captions), sentences.of(captions), nothing, [])
    rivals.decoder.train()
    for step in range(args.decoder_steps):
        batch = y_training.batch_of(pairs, args, np.random.default_rng((args.seed, step)))
        value = update(rivals.optimisers[2], lambda b=batch: y_training.learn(rivals.decoder, *b), args.lr)
        if step % 20 == 0:
            print(f"y-decoder {step}/{args.decoder_steps}  {value:.3f}", flush=True)


def learn_step(rivals: Rivals, batch: Batch, x_encoder: XEncoder, sentences: Sentences, rate: float) -> list[float]:
    """One step of each, from the same pictures and captions."""
    rivals.jepa.train()
    rivals.vlm.train()

    def by_embedding() -> float:
        predicted = predict_batch(rivals.jepa, batch, x_encoder, 0.0)  # (B, D)
        value = rivals.loss(predicted, sentences.of(batch.texts), batch.positives)
        value.backward()
        return float(value.detach())

    def by_words() -> float:
        rows = rivals.vlm.spelled([tidy(text) for text in batch.texts])
        n_words, total, first = sum(map(len, rows)), 0.0, 0
        for seen in batch.seen:
            own = rows[first : first + len(seen.frames)]
            first += len(seen.frames)
            share = sum(map(len, own)) / n_words
            clips = measures.clips_of(seen.features, seen.frames, x_encoder)
            value = share * rivals.vlm(clips, y_training.padded(own))
            value.backward()
            total += float(value.detach())
        return total

    return [update(rivals.optimisers[0], by_embedding, rate), update(rivals.optimisers[1], by_words, rate)]


def update(optimiser: torch.optim.Optimizer, backward, rate: float) -> float:  # type: ignore[no-untyped-def]
    optimiser.zero_grad(set_to_none=True)
    value: float = backward()
    trained = [p for group in optimiser.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    return value


def save(path: Path, rivals: Rivals, step: int, points: list[measures.Point]) -> None:
    aside = path.with_suffix(".part")
    torch.save({"step": step, "points": [asdict(point) for point in points], **rivals.state()}, aside)
    aside.replace(path)


if __name__ == "__main__":
    main()
