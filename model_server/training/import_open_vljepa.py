"""The community checkpoint cun-bjy/open-vljepa, converted into a folder that the preset `open-vljepa` loads.

python -m model_server.training.import_open_vljepa best.pt OUT [--frozen DIR]

Its `model_state_dict` holds the predictor, its words and the y-encoder; x-encoder and tokenizers are taken from a hub,
or from a folder that assemble_base made. Tensors are stored as they are, to the bit. docs/model.md has its scores and
licences.
"""

import argparse
import pickle
import sys
from pathlib import Path

import torch
from torch import Tensor

from model_server.presets import OPEN_VLJEPA
from model_server.training.assemble_base import (
    EMBEDDING_GEMMA,
    LLAMA,
    V_JEPA_2,
    write_tokenizer,
    write_words,
    write_x_encoder,
)
from model_server.vljepa import weights
from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.frozen import PROMPT_TOKENIZER, TEXT_TOKENIZER, X_ENCODER, copy_frozen
from model_server.vljepa.model import shapes_of
from model_server.vljepa.packages import WeightsProblem

ITS_WORDS = "predictor.embed_tokens.weight"
# Beginnings of its names, and of ours
RENAMED = {
    "predictor.layers.": "predictor.layers.layers.",
    "predictor.norm.": "predictor.layers.norm.",
    "predictor.vis_proj.": "predictor.vision.",
    "predictor.out_proj.": "predictor.out.",
    "y_encoder.model.": "y_encoder.model.",
    "y_encoder.projector.": "y_encoder.projection.",
}

CARD = """# open-vljepa, converted for Seekframe

Built with Llama. The community's VL-JEPA (arXiv 2512.10942) from cun-bjy/open-vljepa: V-JEPA 2 ViT-L frozen, the last 8
layers of Llama-3.2-1B, EmbeddingGemma-300M; trained on CC3M, then on MSR-VTT, 8 frames a clip.

MSR-VTT test, text to video, 500 videos, in-domain, as its authors report it: R@1 23.9, R@5 51.4, R@10 65.1.

Licences: the Llama 3.2 Community License and the Gemma Terms of Use, with their acceptable use policies, hold for these
weights; V-JEPA 2 is MIT. Keep this file beside the weights when you pass them on, with copies of both licences.
"""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_server.training.import_open_vljepa", description=__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="best.pt")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--frozen", type=Path, metavar="DIR", help="x-encoder and tokenizers from here, not from a hub")
    args = parser.parse_args(arguments)
    try:
        convert(args.checkpoint, args.out, args.frozen)
    except (OSError, ValueError, WeightsProblem) as problem:
        sys.exit(f"import_open_vljepa: {problem}")
    print(f"{args.out}: weights of {OPEN_VLJEPA.preset}, version {weights.version_of(args.out)}")


def convert(checkpoint: Path, out: Path, frozen: Path | None, config: VLJEPAConfig = OPEN_VLJEPA) -> None:
    """Raises ValueError for a file that is not this checkpoint: nothing is written then."""
    theirs = read_checkpoint(checkpoint)
    words = theirs.pop(ITS_WORDS, None)
    ours = {our_name(name): tensor.contiguous() for name, tensor in theirs.items()}
    check(ours, words, config)
    assert words is not None
    weights.write(ours, config, out)
    (out / "MODEL_CARD.md").write_text(CARD)
    write_words(words, out)
    if frozen is not None:
        copy_frozen(frozen, out, (X_ENCODER, PROMPT_TOKENIZER, TEXT_TOKENIZER))
        return
    write_x_encoder(V_JEPA_2, out)
    write_tokenizer(LLAMA, out / PROMPT_TOKENIZER)
    write_tokenizer(EMBEDDING_GEMMA, out / TEXT_TOKENIZER)


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Tensors by name. The file is somebody's pickle: nothing but tensors and plain values is read from it."""
    try:
        content = torch.load(path, weights_only=True, map_location="cpu", mmap=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as problem:
        raise ValueError(
            f"{path} is not a torch checkpoint that can be read safely ({first_line(problem)})."
        ) from problem
    state = content.get("model_state_dict") if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ValueError(f"{path} has no model_state_dict: it is not an open-vljepa checkpoint.")
    return dict(state)


def first_line(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__


def our_name(name: str) -> str:
    for theirs, ours in RENAMED.items():
        if name.startswith(theirs):
            return ours + name.removeprefix(theirs)
    raise ValueError(f"{name!r} is not a name of an open-vljepa checkpoint.")


def check(ours: dict[str, Tensor], words: Tensor | None, config: VLJEPAConfig) -> None:
    """Every tensor of the config, and no other, each of its shape."""
    expected = {name: tensor.shape for name, tensor in shapes_of(config).state_dict().items()}
    if words is None:
        raise ValueError(f"The checkpoint has no {ITS_WORDS}.")
    expected[ITS_WORDS] = torch.Size((config.predictor.n_words, config.predictor.hidden))
    found = {name: tensor.shape for name, tensor in ours.items()} | {ITS_WORDS: words.shape}
    missing, unknown = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    if missing:
        raise ValueError(f"The checkpoint lacks {len(missing)} tensors: {listed(missing)}.")
    if unknown:
        raise ValueError(f"The checkpoint has {len(unknown)} tensors too many: {listed(unknown)}.")
    for name, shape in expected.items():
        if found[name] != shape:
            raise ValueError(f"{name} has the shape {tuple(found[name])}, and {config.preset} has {tuple(shape)}.")


def listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


if __name__ == "__main__":
    main()
