"""Where training starts: the last layers of a language model, and projections that agree before the first step."""

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from model_server.vljepa.model import VLJEPA
from model_server.vljepa.packages import SMOLLM2, packaged_file


@torch.no_grad()
def start_from_packages(model: VLJEPA, names: Tensor) -> None:
    """SmolLM2's last layers into the predictor; class names into the tag tokens; one projection for text and tags.

    The tag residual starts as the y-encoder's own projection, so before any training a picture of a tench already
    lies near the words "a tench".
    """
    path = packaged_file(*SMOLLM2)
    source = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).model
    layers = model.predictor.layers
    for mine, theirs in zip(layers.layers, source.layers[-len(layers.layers) :], strict=True):
        mine.load_state_dict(theirs.state_dict())
    layers.norm.load_state_dict(source.norm.state_dict())
    model.names.copy_(names)
    projection = model.y_encoder.projection
    nn.init.orthogonal_(projection.weight)
    nn.init.zeros_(projection.bias)
    assert model.predictor.tag_residual is not None
    model.predictor.tag_residual.weight.copy_(projection.weight)
