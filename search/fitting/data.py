"""What calibration is fitted on: clips and captions the model was not trained on, and texts without pictures.

Folders hold `captions.jsonl` with `file` and `captions`, some with `split`, as for training. None of the queries that
`benchmarks/cutoff.py` asks is read here.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_server.engine import Embeddings, Engine, join
from model_server.frames.photos import read_photo
from model_server.frames.reader import read_clips

PHOTOS = {".webp", ".jpg", ".jpeg", ".png"}
PHOTOS_A_BATCH = 32


class DataProblem(Exception):
    """The data is not there or not as it should be. The message says which file, and why."""


@dataclass(frozen=True, eq=False)
class Item:
    """A photo or a video with its predicted embeddings, one a window, and its captions."""

    embeddings: npt.NDArray[np.float32]  # (n, D)
    captions: tuple[str, ...]


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a jsonl file."""
    if not path.exists():
        raise DataProblem(f"{path} is missing.")
    with path.open() as file:
        return [json.loads(line) for line in file if line.strip()]


def captioned(folder: Path, split: str | None = None) -> list[dict[str, Any]]:
    """Lines of a folder whose captions describe that very clip; those named after a class are left out."""
    found = [
        line
        for line in lines(folder / "captions.jsonl")
        if (split is None or line.get("split") == split) and "generic" not in line.get("caption_source", "")
    ]
    if not found:
        raise DataProblem(f"{folder / 'captions.jsonl'} holds no line of split {split!r}.")
    return found


def some(rows: list[dict[str, Any]], n: int, seed: int) -> list[dict[str, Any]]:
    order = np.random.default_rng(seed).permutation(len(rows))[:n]
    return [rows[i] for i in sorted(order)]


def embed(folder: Path, rows: list[dict[str, Any]], engine: Engine) -> list[Item]:
    """Each row's file through the product's own decode and windows."""
    photos = [row for row in rows if Path(row["file"]).suffix in PHOTOS]
    videos = [row for row in rows if Path(row["file"]).suffix not in PHOTOS]
    items = []
    for i in range(0, len(photos), PHOTOS_A_BATCH):
        batch = photos[i : i + PHOTOS_A_BATCH]
        clips = join([read_photo(folder / row["file"], engine.space) for row in batch])
        embeddings = engine.predict(clips)
        items += [Item(e[None], tuple(row["captions"])) for e, row in zip(embeddings, batch, strict=True)]
    for row in videos:
        items.append(Item(embed_video(folder / row["file"], engine), tuple(row["captions"])))
    return items


def embed_video(path: Path, engine: Engine) -> Embeddings:
    batches = read_clips(path, engine.space)
    return np.concatenate([engine.predict(batch.clips) for batch in batches])
