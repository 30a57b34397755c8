"""A miniature of a training folder."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200), "white": (240, 240, 240)}


def coloured_photos(parent: Path) -> Path:
    """Sixteen flat-coloured photos, four of them in split val."""
    data = parent / "colours"
    (data / "images").mkdir(parents=True)
    lines = []
    for i in range(16):
        name = list(COLOURS)[i % 4]
        noise = np.random.default_rng(i).integers(-20, 20, (40, 50, 3))
        pixels = np.clip(np.array(COLOURS[name]) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(data / "images" / f"{i}.png")
        split = "val" if i >= 12 else "train"
        lines.append(json.dumps({"file": f"images/{i}.png", "captions": [f"something {name}"], "split": split}))
    (data / "captions.jsonl").write_text("\n".join(lines))
    return data
