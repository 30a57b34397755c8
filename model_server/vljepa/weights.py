"""Stored weights: int8 for matrices (one scale a row), float32 for the rest, as safetensors.

Only what was trained here is stored; what a package ships frozen (the y-encoder's words and lower layers) is left out.
Every published number is made from these files.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.model import VLJEPA
from model_server.vljepa.packages import WeightsProblem

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
SCALE = ".scale"
INT8_FROM = 4096  # elements; smaller tensors cost nothing in float32


def save(model: VLJEPA, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shipped = shipped_names(model)
    save_file(as_stored({k: v for k, v in model.state_dict().items() if k not in shipped}), folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes it for the owner alone
    (folder / CONFIG).write_text(json.dumps(model.config.to_dict(), indent=2) + "\n")


def load(folder: Path) -> tuple[VLJEPA, str]:
    """The model, in float32 and eval mode, and its version: the first 12 hex digits of the file's sha256."""
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
    model = VLJEPA(config)
    try:
        missing, unexpected = model.load_state_dict(as_floats(stored), strict=False)
    except RuntimeError as problem:  # a tensor of another shape: torch names each, over many lines
        raise WeightsProblem(f"The weights in {folder} do not fit their config: restore the folder.") from problem
    missing = sorted(set(missing) - shipped_names(model))
    if missing or unexpected:
        raise WeightsProblem(f"The weights in {folder} do not fit their config: {(missing + unexpected)[:3]}.")
    return model.eval().requires_grad_(False), version(path)


def shipped_names(model: VLJEPA) -> set[str]:
    """State names of what a package ships and training left alone."""
    kept = {id(tensor) for part in model.y_encoder.shipped() for tensor in part.state_dict(keep_vars=True).values()}
    return {name for name, tensor in model.state_dict(keep_vars=True).items() if id(tensor) in kept}


def version(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


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
