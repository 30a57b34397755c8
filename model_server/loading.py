"""The engine of any model by name, in this process."""

from pathlib import Path

from model_server.engine import Engine
from model_server.local import load_engine, pick_device
from model_server.presets import DUAL, MODELS, PRESETS, WEIGHTS_DIR


def engine_of(name: str, device: str = "auto", folder: Path | None = None) -> Engine:
    """A preset of VL-JEPA, or a dual encoder, from the weights in the repository or in `folder`.

    Raises ValueError for an unknown model or device, WeightsProblem for weights that are missing or damaged.
    """
    if name in PRESETS:
        return load_engine(name, device, folder)
    if name not in DUAL:
        raise ValueError(f"There is no model {name!r}: choose one of {', '.join(MODELS)}.")
    from model_server.dual.engine import load_dual

    return load_dual(name, folder or WEIGHTS_DIR / name, pick_device(device))
