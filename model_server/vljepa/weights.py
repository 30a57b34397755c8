"""Stored weights: int8 for matrices (one scale a row), float32 for the rest, as safetensors.

A model of the paper's size keeps bfloat16 instead, and its frozen parts lie beside it (`frozen`). In the repository is
only what was trained here; what a package ships frozen (the y-encoder's words and lower layers) is left out. Every
published number is made from these files.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.frozen import copy_frozen
from model_server.vljepa.model import VLJEPA
from model_server.vljepa.packages import WeightsProblem

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
SCALE = ".scale"
INT8_FROM = 4096  # elements; smaller tensors cost nothing in float32


def save(model: VLJEPA, folder: Path) -> None:
    """The weights, the config, and copies of the frozen parts that no package ships."""
    shipped = shipped_names(model)
    trained = {name: tensor for name, tensor in model.state_dict().items() if name not in shipped}
    write(as_stored(trained) if model.config.stored == "int8" else as_halves(trained), model.config, folder)
    if model.folder is not None and model.folder != folder:
        copy_frozen(model.folder, folder)


def write(stored: dict[str, Tensor], config: VLJEPAConfig, folder: Path) -> None:
    """Tensors as they are, and the config."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(stored, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes it for the owner alone
    (folder / CONFIG).write_text(json.dumps(config.to_dict(), indent=2) + "\n")


def load(folder: Path) -> tuple[VLJEPA, str]:
    """The model, in float32 and eval mode, and its version."""
    path = folder / WEIGHTS
    if not path.exists():
        raise WeightsProblem(f"There are no weights in {folder}: train them, or choose another SEEKFRAME_MODEL.")
    try:
        stored = load_file(path)
        config = VLJEPAConfig.from_dict(json.loads((folder / CONFIG).read_text()))
    except (OSError, ValueError, RuntimeError, KeyError) as problem:
        raise WeightsProblem(f"The weights in {folder} cannot be read ({problem}): restore the folder.") from problem
    except Exception as problem:  # safetensors raises its own bare Exception subclass
        raise WeightsProblem(f"The weights in {folder} are damaged ({problem}): restore the folder.") from problem
    floats = as_floats(stored)
    model = VLJEPA(config, folder if config.predictor.source == "folder" else None, floats.get("prompt"))
    try:
        missing, unexpected = model.load_state_dict(floats, strict=False)
    except RuntimeError as problem:  # a tensor of another shape: torch names each, over many lines
        raise WeightsProblem(f"The weights in {folder} do not fit their config: restore the folder.") from problem
    missing = sorted(set(missing) - shipped_names(model))
    if missing or unexpected:
        raise WeightsProblem(f"The weights in {folder} do not fit their config: {(missing + unexpected)[:3]}.")
    return model.eval().requires_grad_(False), version_of(folder)


def shipped_names(model: VLJEPA) -> set[str]:
    """State names of what a package ships and training left alone."""
    kept = {id(tensor) for part in model.y_encoder.shipped() for tensor in part.state_dict(keep_vars=True).values()}
    return {name for name, tensor in model.state_dict(keep_vars=True).items() if id(tensor) in kept}


def version_of(folder: Path) -> str:
    """Of the config too: how frames are seen is part of a space."""
    return version(folder / WEIGHTS, folder / CONFIG)


def version(*files: Path) -> str:
    """The first 12 hex digits of the files' sha256."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def as_stored(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Large float matrices as int8 with a scale a row, other floats as float32, whole numbers as they are."""
    stored: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if not tensor.is_floating_point():
            stored[name] = tensor.contiguous()
        elif tensor.ndim == 2 and tensor.numel() >= INT8_FROM:
            stored[name], stored[name + SCALE] = quantise(tensor.float())
        else:
            stored[name] = tensor.float().contiguous()
    return stored


def as_halves(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Float matrices as bfloat16; what is small (norms, biases) in float32."""
    return {
        name: (
            tensor.to(torch.bfloat16 if tensor.ndim > 1 else torch.float32) if tensor.is_floating_point() else tensor
        )
        .detach()
        .contiguous()
        for name, tensor in state.items()
    }


def as_floats(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `as_stored` was given, but for rounding."""
    return {
        name: dequantise(tensor, stored[name + SCALE]) if name + SCALE in stored else tensor
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }


def quantise(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """(R, C) float -> int8 (R, C) and scale (R, 1)."""
    scale = matrix.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
    return (matrix / scale).round().to(torch.int8).contiguous(), scale.contiguous()


def dequantise(matrix: Tensor, scale: Tensor) -> Tensor:
    return matrix.float() * scale
