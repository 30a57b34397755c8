"""The engine of any model by name, in this process."""

import json
from pathlib import Path

from model_server.engine import Engine
from model_server.local import load_engine, pick_device
from model_server.presets import DUAL, MODELS, PRESETS, WEIGHTS_DIR, is_path
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.weights import CONFIG


def engine_of(name: str, device: str = "auto", folder: Path | None = None) -> Engine:
    """A preset of VL-JEPA, or a dual encoder, from the weights in the repository or in `folder`; or the checkpoint of
    VL-JEPA that lies at a path.

    Raises ValueError for an unknown model or device, WeightsProblem for weights that are missing or damaged.
    """
    if is_path(name):
        return load_engine(stored_preset(Path(name)), device, Path(name))
    if name in PRESETS:
        return load_engine(name, device, folder)
    if name not in DUAL:
        raise ValueError(f"There is no model {name!r}: choose one of {', '.join(MODELS)}.")
    from model_server.dual.engine import load_dual

    return load_dual(name, folder or WEIGHTS_DIR / name, pick_device(device))


def stored_preset(folder: Path) -> str:
    """Which preset a checkpoint's sizes are of. Raises WeightsProblem where the folder holds none."""
    try:
        return str(json.loads((folder / CONFIG).read_text())["preset"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise WeightsProblem(
            f"There is no checkpoint in {folder}: training writes one (docs/training.md)."
        ) from problem
