"""Prompts (the paper's X_Q) as frozen token embeddings of the predictor's language model."""

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from model_server.vljepa.config import PredictorConfig
from model_server.vljepa.frozen import PROMPT_TOKENIZER, stored_tokenizer, word_rows
from model_server.vljepa.packages import SMOLLM2, packaged_file


def embed_prompts(config: PredictorConfig, prompts: Sequence[str], folder: Path | None) -> tuple[Tensor, Tensor]:
    """(B, L, hidden) float32, and (B, L) bool: False at [PAD], which stands after the shorter prompts."""
    rows = [embed_prompt(config, prompt, folder) for prompt in prompts]
    lengths = torch.tensor([len(row) for row in rows])
    padded = pad_sequence(rows, batch_first=True)
    return padded, torch.arange(padded.shape[1]) < lengths[:, None]


def embed_prompt(config: PredictorConfig, prompt: str, folder: Path | None = None) -> Tensor:
    """(L, hidden) float32, L at most `prompt_tokens`. The table is read row by row: all of it would cost 113 MB for
    four rows in `small`, and 525 MB in `base`.

    Raises WeightsProblem where the words should lie in a folder and there is none.
    """
    return rows_of(config.source, config.hidden, config.prompt_tokens, prompt, folder)


@lru_cache(maxsize=4096)  # training puts the same questions to many pictures
def rows_of(source: str, hidden: int, most: int, prompt: str, folder: Path | None) -> Tensor:
    if source == "random":
        table = torch.randn(256, hidden, generator=torch.Generator().manual_seed(2))
        return table[list(prompt.encode())[:most]]
    if source == "folder":
        ids = stored_tokenizer(folder, PROMPT_TOKENIZER)(prompt)["input_ids"]
        return word_rows(folder, ids[:most])
    return token_rows(tokenizer()(prompt)["input_ids"][:most])


def token_rows(ids: list[int]) -> Tensor:
    """(n, hidden) float32: the source's word embeddings at these token ids."""
    from gguf.quants import dequantize

    table = token_table()
    return torch.from_numpy(np.array(dequantize(table.data[ids], table.tensor_type)))


@cache
def token_table():  # type: ignore[no-untyped-def]
    from gguf import GGUFReader

    reader = GGUFReader(packaged_file(*SMOLLM2))
    return next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight")


@cache
def tokenizer():  # type: ignore[no-untyped-def]
    from transformers import AutoTokenizer

    path = packaged_file(*SMOLLM2)
    return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
