"""Prompts (the paper's X_Q) as frozen token embeddings of the predictor's language model."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from model_server.vljepa.config import PredictorConfig
from model_server.vljepa.packages import SMOLLM2, packaged_file


def embed_prompt(config: PredictorConfig, prompt: str) -> Tensor:
    """(L, hidden) float32. The table is read row by row: 49,152 rows would cost 113 MB for four of them."""
    if config.source == "random":
        table = torch.randn(256, config.hidden, generator=torch.Generator().manual_seed(2))
        return table[list(prompt.encode())]
    return token_rows(tokenizer()(prompt)["input_ids"])


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
