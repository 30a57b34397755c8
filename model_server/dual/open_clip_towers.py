"""Towers in open_clip's layout: PE-Core, whose image tower is timm's and whose text tower transformers does not have.

open_clip is an extra (requirements/rivals.txt): it asks for torchvision, which nothing else here needs.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from model_server.vljepa.packages import WeightsProblem

CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
PRECISION = {torch.float32: "fp32", torch.bfloat16: "bf16"}


class OpenClipTowers:
    """The folder holds a config and weights as open_clip's models lie on a hub."""

    def __init__(self, folder: Path, device: str, dtype: torch.dtype) -> None:
        try:
            import open_clip
        except ImportError as missing:
            raise WeightsProblem("This model needs an extra: pip install -r requirements/rivals.txt") from missing

        facts = json.loads((folder / CONFIG).read_text())
        self.px = int(facts["model_cfg"]["vision_cfg"]["image_size"])
        self.mean, self.std = facts["preprocess_cfg"]["mean"], facts["preprocess_cfg"]["std"]
        self.device = device
        place = f"local-dir:{folder}"
        self.net = open_clip.create_model(place, device=device, precision=PRECISION[dtype]).eval()
        self.tokenizer = open_clip.get_tokenizer(place)

    def images(self, pixels: Tensor) -> Tensor:
        found: Tensor = self.net.encode_image(pixels)
        return found

    def texts(self, texts: Sequence[str]) -> Tensor:
        found: Tensor = self.net.encode_text(self.tokenizer(list(texts)).to(self.device))
        return found
