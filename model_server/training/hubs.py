"""Fit the coordinate against hubs to finished weights: `vljepa.hubness`, and the reason for it, in a minute.

python -m model_server.training.hubs --weights DIR --text FILE... [--data DIR...] [--out DIR]

Captions at large come from the text files (lines as for the y-decoder) and from the training lines of the data folders,
as many from each. Take none that a benchmark or the calibration asks.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from model_server.training.data import DataProblem, read_folder
from model_server.training.pretrain import training_part
from model_server.training.sentences import target_embeddings
from model_server.training.texts import read_texts, tidy
from model_server.vljepa import weights
from model_server.vljepa.model import VLJEPA
from model_server.vljepa.packages import WeightsProblem


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_server.training.hubs", description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, metavar="DIR")
    parser.add_argument("--text", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--data", type=Path, nargs="*", default=[], metavar="DIR", help="folders with captions.jsonl")
    parser.add_argument("--captions", type=int, default=12_000)
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: the weights' own folder")
    args = parser.parse_args(arguments)
    try:
        model, _ = weights.load(args.weights)
        texts = captions_at_large(args.text, args.data, args.captions, args.seed)
        out = args.out or args.weights
        weights.save(with_hubness(model, texts, args.rank), out)
    except (DataProblem, WeightsProblem, OSError) as problem:
        sys.exit(f"hubs: {problem}")
    print(f"weights {weights.version_of(out)} hold {len(texts)} captions against hubs")


def captions_at_large(files: list[Path], folders: list[Path], n: int, seed: int) -> list[str]:
    """About n different captions, as many from each source as there are."""
    sources = [read_texts([file], seed) for file in files]
    sources += [[text for item in training_part(read_folder(folder)) for text in item.captions] for folder in folders]
    draw = np.random.default_rng(seed)
    share = n // len(sources)
    drawn = [tidy(source[i]) for source in sources for i in draw.permutation(len(source))[:share]]
    return sorted(set(drawn))


def with_hubness(model: VLJEPA, texts: list[str], rank: int) -> VLJEPA:
    """The same model with one more coordinate; what it had of the kind is fitted anew."""
    config = replace(model.config, hub_captions=len(texts), hub_rank=min(rank, model.config.dim, len(texts)))
    fitted = VLJEPA(config, model.folder, model.prompt)
    known = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("hubness.")}
    fitted.load_state_dict(known, strict=False)
    assert fitted.hubness is not None
    with torch.no_grad():
        fitted.hubness.fit(target_embeddings(model, texts))
    return fitted.eval()


if __name__ == "__main__":
    main()
