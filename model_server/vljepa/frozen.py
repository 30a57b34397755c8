"""Frozen parts that no package ships, as they lie beside the weights of a model of the paper's size.

`training.assemble_base` puts them there once, from a hub; from then on the folder is all that a model needs.
"""

import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from model_server.vljepa.packages import WeightsProblem

X_ENCODER = "x_encoder.safetensors"
WORDS = "words.safetensors"  # the word embedding of the predictor's language model, one tensor, "weight"
PROMPT_TOKENIZER = "prompt_tokenizer"
TEXT_TOKENIZER = "text_tokenizer"
NAMES = (X_ENCODER, WORDS, PROMPT_TOKENIZER, TEXT_TOKENIZER)


def frozen_path(folder: Path | None, name: str) -> Path:
    """Raises WeightsProblem where it is not there."""
    if folder is None or not (folder / name).exists():
        raise WeightsProblem(f"There is no {name} in {folder}: make the folder with training.assemble_base.")
    return folder / name


def copy_frozen(source: Path, out: Path, names: Sequence[str] = NAMES) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = frozen_path(source, name)
        if path.is_dir():
            shutil.copytree(path, out / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, out / name)


@cache
def stored_tokenizer(folder: Path | None, name: str):  # type: ignore[no-untyped-def]
    """A tokenizer that pads on the right. Llama's has no token for padding; any will do, the mask says what counts."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(frozen_path(folder, name), local_files_only=True)
    tokenizer.padding_side = "right"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    return tokenizer


def word_rows(folder: Path | None, ids: Sequence[int]) -> Tensor:
    """(n, hidden) float32: the word embeddings at these token ids."""
    with safe_open(frozen_path(folder, WORDS), "pt") as file:
        table = file.get_slice("weight")
        return torch.cat([table[i : i + 1] for i in ids]).float()
