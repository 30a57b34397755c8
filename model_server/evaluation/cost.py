"""What a model costs, computed from its configuration: nothing is run.

python -m model_server.evaluation.cost --preset base [--weights DIR] [--prompt-tokens 8] [--text-tokens 16] [--json]

Memory is parameters times the bytes of a dtype. FLOPs are those of one full clip (x-encoder, predictor), of one text
(y-encoder) and, where a y-decoder lies beside the weights, of one caption of as many words in one pass, counted by
torch over shapes alone: matrix products and convolutions, two for a multiply and an add; what is done an element
(norms, softmax, rotary embedding) is left out, as is usual. An x-encoder that looks at frames alone is counted for all
frames of a clip, though windows share them.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from model_server.local import cache_dir
from model_server.presets import WEIGHTS_DIR, preset
from model_server.training.validation import to_device
from model_server.vljepa import y_decoder
from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.model import build_x_encoder, shapes_of
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.weights import CONFIG
from model_server.vljepa.x_encoder import VisualTokens, XEncoder

Answer = TypeVar("Answer", Tensor, VisualTokens)
BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}  # a parameter
ADAM_BYTES = 16  # a trained parameter in float32: itself, its gradient and two moments


@dataclass(frozen=True)
class Part:
    name: str
    parameters: int
    trained: int
    flops: int  # a clip; a text for the y-encoder; a caption for the y-decoder


@dataclass(frozen=True)
class Total:
    parameters: int
    trained: int
    bytes: dict[str, int]  # by dtype
    training_bytes: int  # before activations; what is frozen in bfloat16
    flops_a_clip: int
    flops_a_text: int
    flops_a_caption: int


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_server.evaluation.cost", description=__doc__)
    parser.add_argument("--preset", default="base")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="sizes from this folder's config.json instead")
    parser.add_argument("--prompt-tokens", type=int, default=8)
    parser.add_argument("--text-tokens", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    try:
        config = preset(args.preset) if args.weights is None else stored_config(args.weights)
        parts = cost(config, args.prompt_tokens, args.text_tokens)
        parts += cost_of_captions(args.weights or WEIGHTS_DIR / args.preset, args.text_tokens)
    except (OSError, ValueError, WeightsProblem) as problem:
        sys.exit(f"cost: {problem}")
    total = totals(parts)
    if not args.json:
        show(config, parts, total, args)
    print(json.dumps({"preset": config.preset, "parts": [asdict(part) for part in parts], **asdict(total)}))


def stored_config(folder: Path) -> VLJEPAConfig:
    return VLJEPAConfig.from_dict(json.loads((folder / CONFIG).read_text()))


def cost(config: VLJEPAConfig, prompt_tokens: int, text_tokens: int) -> list[Part]:
    """Each part of the model. Raises WeightsProblem where a preset's package is missing."""
    model = shapes_of(config).eval()
    ids = torch.ones(1, text_tokens, dtype=torch.long, device=model.prompt.device)
    reading, _ = counted(lambda: model.y_encoder(ids, ids))
    model.to("meta")  # after the text: BERT looks into its mask
    x_encoder = build_x_encoder(config, model.names, "meta", cache_dir(), 1)
    looking, vision = counted(lambda: see_a_clip(config, x_encoder))
    prompt = torch.empty(prompt_tokens, config.predictor.hidden, device="meta")
    predicting, _ = counted(lambda: model.predictor(to_device(vision, torch.device("meta")), prompt))
    return [
        Part("x-encoder", count(x_encoder.net), 0, looking),
        Part("words", config.predictor.n_words * config.predictor.hidden, 0, 0),
        Part("predictor", count(model.predictor), count(model.predictor, trained=True), predicting),
        Part("y-encoder", count(model.y_encoder), count(model.y_encoder, trained=True), reading),
    ]


def cost_of_captions(folder: Path, text_tokens: int) -> list[Part]:
    """The y-decoder beside the weights; empty where there is none."""
    if not (folder / y_decoder.CONFIG).exists():
        return []
    decoder = y_decoder.load(folder, json.loads((folder / y_decoder.CONFIG).read_text())["reads"])
    assert decoder is not None
    parameters, frozen = count(decoder), count(decoder.model.model.embed_tokens)
    decoder.to("meta")  # after the count: it unties the words written from the words read
    embedding = torch.empty(1, decoder.config.dim, device="meta")
    words = torch.zeros(1, text_tokens, dtype=torch.long, device="meta")
    writing, _ = counted(lambda: decoder(embedding, words))
    return [Part("y-decoder", parameters, parameters - frozen, writing)]


def see_a_clip(config: VLJEPAConfig, x_encoder: XEncoder) -> VisualTokens:
    side = config.x_encoder.frame_px
    frames = np.zeros((config.clip_frames, side, side, 3), np.uint8)
    return x_encoder.clip_tokens(x_encoder.encode_frames(frames), torch.arange(config.clip_frames)[None])


def counted(work: Callable[[], Answer]) -> tuple[int, Answer]:
    """FLOPs of one call, and its answer."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        answer = work()
    return int(counter.get_total_flops()), answer


def count(module: nn.Module | None, trained: bool = False) -> int:
    if module is None:
        return 0
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trained)


def totals(parts: list[Part]) -> Total:
    parameters = sum(part.parameters for part in parts)
    trained = sum(part.trained for part in parts)
    return Total(
        parameters=parameters,
        trained=trained,
        bytes={dtype: parameters * size for dtype, size in BYTES.items()},
        training_bytes=trained * ADAM_BYTES + (parameters - trained) * BYTES["bfloat16"],
        flops_a_clip=sum(part.flops for part in parts if part.name not in ("y-encoder", "y-decoder")),
        flops_a_text=sum(part.flops for part in parts if part.name == "y-encoder"),
        flops_a_caption=sum(part.flops for part in parts if part.name == "y-decoder"),
    )


def show(config: VLJEPAConfig, parts: list[Part], total: Total, args: argparse.Namespace) -> None:
    print(
        f"{config.preset}: clips of {config.clip_frames} frames at {config.x_encoder.frame_px} px, "
        f"{args.prompt_tokens} prompt tokens, {args.text_tokens} text tokens"
    )
    print(
        f"{'part':<10} {'parameters':>14} {'trained':>14} {'GFLOPs':>10}" + "".join(f"{d + ' MB':>14}" for d in BYTES)
    )
    for part in parts:
        sizes = "".join(f"{part.parameters * size / 1e6:>14,.1f}" for size in BYTES.values())
        print(f"{part.name:<10} {part.parameters:>14,} {part.trained:>14,} {part.flops / 1e9:>10,.1f}{sizes}")
    captions = f"; a caption: {total.flops_a_caption / 1e9:,.1f} GFLOPs" if total.flops_a_caption else ""
    print(f"a clip: {total.flops_a_clip / 1e9:,.1f} GFLOPs; a text: {total.flops_a_text / 1e9:,.1f} GFLOPs{captions}")
    print(f"training with AdamW: {total.training_bytes / 1e9:,.1f} GB before activations (frozen parts in bfloat16)")


if __name__ == "__main__":
    main()
