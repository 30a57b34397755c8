"""The models of the controlled comparison (paper section 4.4): VL-JEPA with a y-decoder, and a VLM in token space."""

from dataclasses import dataclass, replace

import torch
from torch import nn

from model_server.presets import preset
from model_server.training.decoder import kept_words
from model_server.training.features import Features
from model_server.training.texts import tidy
from model_server.vljepa import y_decoder
from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.loss import InfoNCE
from model_server.vljepa.model import VLJEPA, random_model
from model_server.vljepa.source import start_layers
from model_server.vljepa.vlm import TokenVLM
from model_server.vljepa.y_decoder import YDecoder, YDecoderConfig

LAYERS = (0, 1, 28, 29)  # of SmolLM2's thirty: those of the VLM and of the y-decoder
MAX_TOKENS = 28


@dataclass
class Rivals:
    """All that is trained: VL-JEPA with its loss, the VLM, and the y-decoder; an optimiser each."""

    jepa: VLJEPA
    loss: InfoNCE
    vlm: TokenVLM
    decoder: YDecoder
    optimisers: list[torch.optim.Optimizer]

    def parts(self) -> list[nn.Module]:
        return [self.jepa, self.loss, self.vlm, self.decoder]

    def state(self) -> dict[str, object]:
        return {
            "parts": [part.state_dict() for part in self.parts()],
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }

    def restore(self, state: dict) -> None:
        for part, values in zip(self.parts(), state["parts"], strict=True):
            part.load_state_dict(values)
        for optimiser, values in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(values)


def new_jepa(name: str) -> VLJEPA:
    """The paper's parts alone, in the space of the frozen text encoder: its linear layer is the identity."""
    config = preset(name)
    jepa = random_model(
        replace(
            config,
            dim=config.y_encoder.hidden,
            x_encoder=replace(config.x_encoder, tag_dim=0, n_tags=0),
            predictor=replace(config.predictor, shortcut=0, token_dropout=0.0),
        )
    )
    if config.predictor.source != "random":
        start_layers(jepa.predictor.layers, range(-config.predictor.n_layers, 0))
    jepa.y_encoder.requires_grad_(False)
    with torch.no_grad():
        jepa.y_encoder.projection.weight.copy_(torch.eye(jepa.config.dim))
        jepa.y_encoder.projection.bias.zero_()
    return jepa


def new_rivals(jepa: VLJEPA, known: list[Features], names: list[str], rate: float) -> Rivals:
    """The VLM and the y-decoder are slices of the same language model, over the word pieces that captions use."""
    source = jepa.config.predictor.source
    captions = [tidy(text) for part in known for item in part.items for text in item.captions]
    seldom = y_decoder.words_of(captions, source)
    classes = y_decoder.words_of([tidy(name) for name in names], source)
    kept = kept_words([*seldom, *classes * 4], 4) if source != "random" else torch.arange(256)
    config = decoder_config(jepa.config)
    vlm = TokenVLM(config, kept, jepa.config.predictor, jepa.config.x_encoder.dim, jepa.prompt)
    decoder = YDecoder(config, kept)
    if source != "random":
        y_decoder.start_from_package(vlm)
        y_decoder.start_from_package(decoder)
    vlm.prefix.mean.copy_(jepa.predictor.mean)
    vlm.prefix.std.copy_(jepa.predictor.std)
    loss = InfoNCE()
    trained = [[*jepa.predictor.parameters(), *loss.parameters()], list(vlm.parameters()), list(decoder.parameters())]
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW([p for p in own if p.requires_grad], lr=rate, weight_decay=0.05) for own in trained
    ]
    return Rivals(jepa, loss, vlm, decoder, optimisers)


def decoder_config(config: VLJEPAConfig) -> YDecoderConfig:
    words, source = config.predictor, config.predictor.source
    return YDecoderConfig(
        source=source,
        reads="sentences",
        dim=config.dim,
        layers=LAYERS if source != "random" else (0, 1),
        hidden=words.hidden,
        intermediate=words.intermediate,
        n_heads=words.n_heads,
        n_kv_heads=words.n_kv_heads,
        rope_theta=words.rope_theta,
        n_prefix=4,
        max_tokens=MAX_TOKENS,
    )


def trained_parameters(rivals: Rivals) -> dict[str, int]:
    parts = {"VL-JEPA": rivals.jepa, "VLM": rivals.vlm, "y-decoder": rivals.decoder}
    return {name: sum(p.numel() for p in part.parameters() if p.requires_grad) for name, part in parts.items()}
