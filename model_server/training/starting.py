"""The model a training run starts from: packages, stored weights, or an assembled folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from model_server.presets import preset
from model_server.training.features import Features
from model_server.vljepa import weights
from model_server.vljepa.model import VLJEPA, class_names, random_model
from model_server.vljepa.source import start_from_packages
from model_server.vljepa.x_encoder import pools
from model_server.vljepa.y_encoder import name_embeddings


def new_model(name: str, start: Path | None, changes: Sequence[str] = ()) -> VLJEPA:
    """`changes` as `VLJEPAConfig.changed` reads them. ValueError for those, and for a preset that needs a start."""
    config = preset(name).changed(changes)
    if start is not None:
        if changes:
            raise ValueError("Stored weights have their config: --change belongs to a training from the beginning.")
        model, _ = weights.load(start)
        model.forget_hubs()  # they belong to finished weights: training.hubs fits them anew
        model.unfreeze()
        return model
    if config.predictor.source == "folder":
        raise ValueError(f"{name} starts from a folder: make it with training.assemble_base, and name it with --start.")
    model = random_model(config)
    if config.predictor.source != "random":
        start_from_packages(model, name_embeddings(class_names(), config.y_encoder))
    return model


def set_statistics(model: VLJEPA, known: list[Features]) -> None:
    """Mean and standard deviation of each channel of the frozen features, and of their pools, over a sample."""
    rows = torch.cat(
        [part.frames(np.arange(0, len(part.tokens), max(1, len(part.tokens) // 500))).tokens for part in known]
    )
    flat = rows.flatten(0, 1)  # (n, C)
    model.predictor.mean.copy_(flat.mean(0))
    model.predictor.std.copy_(flat.std(0).clamp(min=1e-3))
    if model.predictor.shortcut is None:
        return
    pooled = pools(rows)  # (n, 3C)
    model.predictor.summary_mean.copy_(pooled.mean(0))
    model.predictor.summary_std.copy_(pooled.std(0).clamp(min=1e-3))
