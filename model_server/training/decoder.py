"""Train the y-decoder on a frozen model: read an embedding back into a caption (paper section 3.1).

python -m model_server.training.decoder --weights DIR --text FILE... [--data DIR...]

It learns from captions alone (their target embeddings, with noise) and from pictures (their predicted embeddings, with
their captions), so that it reads predictions and not only targets. Text files hold one JSON object a line with
`captions`, `caption`, `sentences` or `annotations`. The decoder is written beside the weights it reads, when training
ends and at every checkpoint; the same command goes on from the last one.
"""

import argparse
import math
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from model_server.local import cache_dir
from model_server.presets import SMALL
from model_server.training import heads
from model_server.training.data import DataProblem, read_folder
from model_server.training.features import Features, cached_features
from model_server.training.pretrain import training_part, validation_part
from model_server.training.sentences import Sentences, read_once, target_embeddings
from model_server.training.texts import read_texts, tidy
from model_server.vljepa import weights, y_decoder
from model_server.vljepa.hubness import without
from model_server.vljepa.model import VLJEPA, build_x_encoder, space_of
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.x_encoder import XEncoder
from model_server.vljepa.y_decoder import END, IGNORED, YDecoder, YDecoderConfig

CHECKPOINT = "y_decoder_checkpoint.pt"
PARTS = 4  # of a batch, by length


@dataclass(frozen=True)
class Pairs:
    """What is learnt from: captions as words, and embeddings each of which may be read as any of a few of them."""

    words: list[list[int]]  # of each caption, places in the kept vocabulary, END last
    targets: Tensor  # (m, D) embeddings of the captions themselves
    predicted: Tensor  # (V, D) embeddings of pictures
    captions_of: list[list[int]]  # of each picture


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        train(args)
    except (DataProblem, WeightsProblem, ValueError, OSError) as problem:
        sys.exit(f"decoder: {problem}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model_server.training.decoder", description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="the frozen model's folder; the decoder goes there")
    parser.add_argument("--text", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--data", type=Path, nargs="*", default=[], metavar="DIR", help="folders with captions.jsonl")
    parser.add_argument("--cache", type=Path, default=cache_dir() / "features")
    parser.add_argument("--layers", type=int, nargs="+", default=[0, 1, 28, 29], help="of SmolLM2's thirty")
    parser.add_argument("--prefix", type=int, default=4, help="vectors that an embedding becomes")
    parser.add_argument("--max-tokens", type=int, default=28)
    parser.add_argument("--least-count", type=int, default=4, help="a word piece seen less often is not kept")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--noise", type=float, default=0.5, help="length of the noise added to a target embedding")
    parser.add_argument("--predicted-share", type=float, default=0.5, help="of a batch, where there are pictures")
    parser.add_argument("--checkpoint-every", type=int, default=200, help="steps")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(args.seed)
    model, version = weights.load(args.weights)
    texts = read_texts(args.text, args.seed)
    decoder, pairs, held = prepare(args, model, version, texts)
    trained = [p for p in decoder.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=args.lr, weight_decay=0.05)
    step = resume(args, decoder, optimiser)
    print(f"{len(pairs.words)} captions, {len(pairs.predicted)} views, {len(decoder.kept)} word pieces", flush=True)
    started = time.monotonic()
    decoder.train()
    while step < args.steps:
        draw = np.random.default_rng((args.seed, step))
        for group in optimiser.param_groups:
            group["lr"] = args.lr * min(1, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        optimiser.zero_grad(set_to_none=True)
        value = learn(decoder, *batch_of(pairs, args, draw))
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        step += 1
        if step % 20 == 0:
            print(
                f"step {step}/{args.steps}  loss {value:.3f}  {time.monotonic() - started:.0f} s",
                flush=True,
            )
        if step % args.checkpoint_every == 0 or step == args.steps:
            keep(args, decoder, optimiser, step)
            print(f"held-out loss {held_out_loss(decoder, held):.3f}", flush=True)
    print(f"y-decoder: {args.weights / y_decoder.WEIGHTS}")


def prepare(
    args: argparse.Namespace, model: VLJEPA, version: str, texts: list[str]
) -> tuple[YDecoder, Pairs, Pairs | None]:
    """The decoder as it starts, what it learns from, and what it is measured on."""
    known, held = pictures(args, model)
    own = [caption for part in known for item in part[0].items for caption in item.captions]
    everything = sorted({tidy(text) for text in [*texts, *own]}, key=lambda text: (len(text), text))
    spelt = y_decoder.words_of(everything)
    kept = kept_words(spelt, args.least_count)
    decoder = YDecoder(config_of(args, model, version), kept)
    y_decoder.start_from_package(decoder)
    place = {int(source): i for i, source in enumerate(kept)}
    asked = sorted({tidy(caption) for part in held for item in part[0].items for caption in item.captions}, key=len)
    reader = model.config.y_encoder.kind if model.y_encoder.frozen else version
    sentences = read_once(model, sorted({*everything, *asked}), args.cache, reader)
    pairs = pairs_of(model, known, everything, spelt, place, args.max_tokens, sentences)
    if not held:
        return decoder, pairs, None
    return decoder, pairs, pairs_of(model, held, asked, y_decoder.words_of(asked), place, args.max_tokens, sentences)


def config_of(args: argparse.Namespace, model: VLJEPA, version: str) -> YDecoderConfig:
    slice_of = SMALL.predictor  # SmolLM2's own sizes, whatever the predictor is a slice of
    return YDecoderConfig(
        source="smollm2",
        reads=version,
        dim=model.config.dim,
        layers=tuple(args.layers),
        hidden=slice_of.hidden,
        intermediate=slice_of.intermediate,
        n_heads=slice_of.n_heads,
        n_kv_heads=slice_of.n_kv_heads,
        rope_theta=slice_of.rope_theta,
        n_prefix=args.prefix,
        max_tokens=args.max_tokens,
    )


def kept_words(spelt: list[list[int]], least: int) -> Tensor:
    """(n_vocab,) the source's end of text, then its word pieces by how often they are used."""
    counts = Counter(piece for row in spelt for piece in row)
    from model_server.vljepa.prompt import tokenizer

    end = int(tokenizer().eos_token_id)
    return torch.tensor([end, *(piece for piece, n in counts.most_common() if n >= least and piece != end)])


def pictures(args: argparse.Namespace, model: VLJEPA) -> tuple[list[tuple[Features, Tensor, list[list[int]]]], ...]:
    """Each folder's features, the predicted embeddings (V, D) of its views, and the views of each item."""
    x_encoder = build_x_encoder(model.config, model.names, "cpu", cache_dir(), torch.get_num_threads(), model.folder)
    space = space_of(model.config, "training")
    folders = [read_folder(folder) for folder in args.data]
    return tuple(
        [
            predicted_views(model, cached_features(items, x_encoder, space, args.cache), x_encoder)
            for items in map(part_of, folders)
            if items
        ]
        for part_of in (training_part, validation_part)
    )


@torch.no_grad()
def predicted_views(model: VLJEPA, features: Features, x_encoder: XEncoder) -> tuple[Features, Tensor, list[list[int]]]:
    views_of: list[list[int]] = []
    predicted = [
        model.predict(x_encoder.clip_tokens(features.frames(rows.ravel()), torch.arange(rows.size).reshape(rows.shape)))
        for rows in heads.by_length(features, model.config.clip_frames, model.config.x_encoder.n_looks, views_of)
    ]
    return features, without(torch.cat(predicted), model.config.dim), views_of


def pairs_of(
    model: VLJEPA,
    known: list[tuple[Features, Tensor, list[list[int]]]],
    texts: list[str],
    spelt: list[list[int]],
    place: dict[int, int],
    max_tokens: int,
    sentences: Sentences,
) -> Pairs:
    """Captions with a piece that is not kept, or too long, are left out."""
    usable = [i for i, row in enumerate(spelt) if len(row) < max_tokens and all(piece in place for piece in row)]
    number = {texts[i]: k for k, i in enumerate(usable)}
    with torch.no_grad():
        targets = target_embeddings(model, [texts[i] for i in usable], sentences)
    predicted, captions_of = [], []
    for features, embeddings, views_of in known:
        for item, views in zip(features.items, views_of, strict=True):
            mine = [number[text] for text in map(tidy, item.captions) if text in number]
            if mine:
                predicted.append(embeddings[views])
                captions_of += [mine] * len(views)
    words = [[*(place[piece] for piece in spelt[i]), END] for i in usable]
    return Pairs(words, targets, torch.cat(predicted) if predicted else targets[:0], captions_of)


def batch_of(pairs: Pairs, args: argparse.Namespace, draw: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Embeddings (B, D) and words (B, L): a part read from pictures, the rest from captions with noise."""
    n_seen = round(args.batch * args.predicted_share) if len(pairs.predicted) else 0
    views = draw.integers(len(pairs.predicted), size=n_seen) if n_seen else np.empty(0, int)
    read = [int(draw.choice(pairs.captions_of[view])) for view in views]
    told = draw.integers(len(pairs.words), size=args.batch - n_seen)
    noise = torch.from_numpy(draw.standard_normal((len(told), pairs.targets.shape[1])).astype(np.float32))
    noisy = normalize(pairs.targets[told] + args.noise * normalize(noise, dim=-1), dim=-1)
    embeddings = torch.cat([pairs.predicted[views], noisy])
    return embeddings, padded([pairs.words[i] for i in [*read, *told]])


def learn(decoder: YDecoder, embeddings: Tensor, words: Tensor) -> float:
    """The gradient of a batch, in parts of like length: nearly half of one padded to its longest would be padding.
    Returns the mean loss a word."""
    lengths = (words != IGNORED).sum(1)  # (B,)
    total = 0.0
    for part in lengths.argsort().chunk(PARTS):
        share = float(lengths[part].sum() / lengths.sum())
        value = share * decoder(embeddings[part], words[part, : int(lengths[part].max())])
        value.backward()
        total += float(value.detach())
    return total


def padded(rows: list[list[int]]) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=IGNORED)


@torch.no_grad()
def held_out_loss(decoder: YDecoder, held: Pairs | None, n: int = 256) -> float:
    """Mean cross-entropy a word of captions of held-out pictures, read from their predicted embeddings."""
    if held is None or not len(held.predicted):
        return math.nan
    decoder.eval()
    views = np.linspace(0, len(held.predicted) - 1, min(n, len(held.predicted))).round().astype(int)
    value = decoder(held.predicted[views], padded([held.words[held.captions_of[view][0]] for view in views]))
    decoder.train()
    return float(value)


def resume(args: argparse.Namespace, decoder: YDecoder, optimiser: torch.optim.Optimizer) -> int:
    path = args.weights / CHECKPOINT
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state["reads"] != decoder.config.reads or state["steps"] != args.steps:
        return 0  # of another model or another run
    decoder.load_state_dict(state["decoder"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def keep(args: argparse.Namespace, decoder: YDecoder, optimiser: torch.optim.Optimizer, step: int) -> None:
    """The checkpoint first, then the decoder as it is stored: a killed run goes on, and what lies there is whole."""
    state = {
        "reads": decoder.config.reads,
        "steps": args.steps,
        "step": step,
        "decoder": decoder.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    aside = args.weights / f"{CHECKPOINT}.part"
    torch.save(state, aside)
    if step == args.steps:
        y_decoder.save(decoder, args.weights)
        aside.unlink()
        (args.weights / CHECKPOINT).unlink(missing_ok=True)
    else:
        aside.replace(args.weights / CHECKPOINT)


if __name__ == "__main__":
    main()
