"""The two towers of a dual encoder, whichever package they come from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

PROCESSOR = "preprocessor_config.json"


class Towers(Protocol):
    """`mean` and `std`, a number a colour, are what pixels of 0 to 1 are normalised by before `images`."""

    px: int
    mean: Sequence[float]
    std: Sequence[float]

    def images(self, pixels: Tensor) -> Tensor:
        """(F, 3, px, px) -> (F, D)."""
        ...

    def texts(self, texts: Sequence[str]) -> Tensor:
        """n texts -> (n, D); longer ones are cut at what the tower reads."""
        ...


class TransformersTowers:
    """The folder holds what transformers' own `save_pretrained` writes: model, tokenizer, image processor.

    Any model with `get_image_features` and `get_text_features` fits; CLIP and SigLIP are tested.
    """

    def __init__(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        self.net = AutoModel.from_pretrained(folder, local_files_only=True, dtype=dtype).to(device).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.device = device
        pixels = json.loads((folder / PROCESSOR).read_text())
        self.mean, self.std = pixels["image_mean"], pixels["image_std"]
        sizes = self.net.config
        self.px = int(sizes.vision_config.image_size)
        self.max_tokens = int(sizes.text_config.max_position_embeddings)
        # SigLIP was trained on texts padded to one length, and reads its answer off the last place.
        self.padding = "max_length" if sizes.model_type.startswith("siglip") else "longest"

    def images(self, pixels: Tensor) -> Tensor:
        found: Tensor = self.net.get_image_features(pixel_values=pixels).pooler_output
        return found

    def texts(self, texts: Sequence[str]) -> Tensor:
        tokens = self.tokenizer(
            list(texts), padding=self.padding, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        )
        known = {key: tokens[key].to(self.device) for key in ("input_ids", "attention_mask") if key in tokens}
        if self.padding == "max_length":
            known.pop("attention_mask", None)  # it was trained without one
        found: Tensor = self.net.get_text_features(**known).pooler_output
        return found
