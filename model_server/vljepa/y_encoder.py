"""The y-encoder: captions and queries in, target and query embeddings out (paper section 3.1)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers import AutoConfig, AutoModel, BertConfig, BertModel

from model_server.vljepa.config import YEncoderConfig
from model_server.vljepa.frozen import TEXT_TOKENIZER, stored_tokenizer
from model_server.vljepa.mpnet import Mpnet, mpnet_tokenizer


class YEncoder(nn.Module):
    """Token ids (B, L) and mask (B, L) -> (B, D), L2-normalised: mean over non-pad tokens, then a linear layer."""

    def __init__(self, config: YEncoderConfig, dim: int, folder: Path | None = None) -> None:
        """`folder` holds the tokenizer where no package does."""
        super().__init__()
        self.config = config
        self.folder = folder
        self.model, self.tokenizer = load_source(config)
        for part in self.shipped():
            part.requires_grad_(False)
        self.projection = nn.Linear(config.hidden, dim)

    def shipped(self) -> list[nn.Module]:
        """The parts that stay as the package ships them: neither trained nor stored."""
        if self.config.kind != "tiny":  # one is trained whole, and `Mpnet` is no part of the state
            return []
        layers = self.model.encoder.layer
        return list(layers[: len(layers) - self.config.trained_layers])

    def tokenize(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Texts -> ids, mask, each (B, L); longer texts are cut at `max_tokens`."""
        tokenizer = self.tokenizer or stored_tokenizer(self.folder, TEXT_TOKENIZER)
        out = tokenizer(
            list(texts), padding=True, truncation=True, max_length=self.config.max_tokens, return_tensors="pt"
        )
        return out["input_ids"], out["attention_mask"]

    @property
    def frozen(self) -> bool:
        """Whether nothing but the projection is trained: then a caption's sentence vector never changes."""
        return self.config.trained_layers == 0

    def sentence(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(B, hidden): the text encoder's own sentence vector, before the projection."""
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, L, hidden)
        if self.config.pooling == "last":  # padding stands on the right
            return states[torch.arange(len(states), device=states.device), mask.sum(1) - 1]
        weights = mask.unsqueeze(-1).to(states)
        return (states * weights).sum(1) / weights.sum(1).clamp(min=1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.project(self.sentence(ids, mask))

    def project(self, sentence: Tensor) -> Tensor:
        """(B, hidden) -> (B, D), L2-normalised."""
        if self.config.unit_sentence:
            sentence = normalize(sentence, dim=-1)
        return normalize(self.projection(sentence).float(), dim=-1)


class ByteTokenizer:
    """Bytes as tokens, for `tiny`: no file to load."""

    def __call__(self, texts: Sequence[str], *, max_length: int, **_: object) -> dict[str, Tensor]:
        rows = [torch.tensor([1, *(b + 2 for b in text.encode())][:max_length]) for text in texts]
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        return {"input_ids": ids, "attention_mask": (ids > 0).long()}


def load_source(config: YEncoderConfig):  # type: ignore[no-untyped-def]
    """The text encoder as its package ships it, and its tokenizer: None where it lies beside the weights."""
    if config.kind == "tiny":
        sizes = BertConfig(
            vocab_size=258,
            hidden_size=config.hidden,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=2 * config.hidden,
            max_position_embeddings=config.max_tokens,
        )
        return BertModel(sizes, add_pooling_layer=False), ByteTokenizer()
    if config.kind == "transformers":
        assert config.architecture is not None
        return AutoModel.from_config(AutoConfig.for_model(**config.architecture), dtype=torch.float32), None
    return Mpnet(), mpnet_tokenizer()


@torch.no_grad()
def name_embeddings(names: Sequence[str], config: YEncoderConfig) -> Tensor:
    """(n, hidden): class names by the untuned text encoder, for the tag tokens."""
    encoder = YEncoder(replace(config, trained_layers=0), 1).eval()
    rows = [encoder.sentence(*encoder.tokenize(names[i : i + 128])) for i in range(0, len(names), 128)]
    return normalize(torch.cat(rows), dim=-1)
