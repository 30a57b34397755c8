"""Where training starts: the last layers of a language model, and projections that agree before the first step."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import LlamaModel

from model_server.vljepa.model import VLJEPA
from model_server.vljepa.packages import SMOLLM2, packaged_file


@torch.no_grad()
def start_from_packages(model: VLJEPA, names: Tensor) -> None:
    """SmolLM2's layers into the predictor, the last ones where the config names no others; class names into the tag
    tokens; one projection for text and tags.

    The tag residual starts as the y-encoder's own projection, so before any training a picture of a tench already
    lies near the words "a tench".
    """
    config = model.config.predictor
    if not config.random_start:
        first = -config.n_layers if config.first_layer is None else config.first_layer
        start_layers(model.predictor.layers, range(first, first + config.n_layers))
    model.names.copy_(names)
    projection = model.y_encoder.projection
    nn.init.orthogonal_(projection.weight)
    nn.init.zeros_(projection.bias)
    assert model.predictor.tag_residual is not None
    model.predictor.tag_residual.weight.copy_(projection.weight)


def start_layers(model: LlamaModel, numbers: Sequence[int]) -> None:
    """SmolLM2's layers of these numbers, and its last norm, into a slice of it."""
    from transformers import AutoModelForCausalLM

    path = packaged_file(*SMOLLM2)
    source = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).model
    if max(numbers) >= len(source.layers):
        raise ValueError(f"SmolLM2 has {len(source.layers)} layers, and number {max(numbers)} was asked for.")
    for mine, number in zip(model.layers, numbers, strict=True):
        mine.load_state_dict(source.layers[number].state_dict())
    model.norm.load_state_dict(source.norm.state_dict())
