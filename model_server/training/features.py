"""Frozen x-encoder features, cached on disk: each picture is looked at once, however long the training is.

A video gives the frames the product samples. A photo gives its whole picture, and the two ends of a pan-and-zoom path
over it: random crops are the only augmentation a frozen encoder can be given in advance.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from model_server.engine import Space
from model_server.frames.photos import look
from model_server.frames.reader import read_clips
from model_server.training.data import Item
from model_server.vljepa.x_encoder import FrameFeatures, XEncoder

SHARD = 512  # items a file: a killed run loses at most one shard
PHOTO_VIEWS = 3  # the whole photo, and two crops
LEAST_AREA = 0.4  # of a photo, in a crop
MOST_STRETCH = 0.25  # log of the aspect ratio of a crop
VIDEOS_AS = 2  # part of the key of shards with a video: raise it when other frames are taken of one


@dataclass
class Features:
    """Features of many items, frames one after another. Item i has the rows starts[i] : starts[i + 1]."""

    items: list[Item]
    tokens: np.ndarray  # (rows, 25, C) float16; (rows, px, px, 3) uint8 where the x-encoder sees no frame alone
    logits: np.ndarray  # (rows, n_classes) float16: log-probabilities; no column where it has no classifier
    starts: np.ndarray  # (n_items + 1,)

    def frames(self, rows: np.ndarray) -> FrameFeatures:
        tokens = torch.from_numpy(self.tokens[rows])
        if not self.logits.shape[1]:
            return FrameFeatures(tokens if tokens.dtype == torch.uint8 else tokens.float(), None)
        return FrameFeatures(tokens.float(), torch.from_numpy(self.logits[rows]).float().softmax(-1))


def cached_features(items: list[Item], x_encoder: XEncoder, space: Space, cache: Path) -> Features:
    """Features of all items, from the cache where it has them."""
    parts = [cached_shard(items[i : i + SHARD], x_encoder, space, cache) for i in range(0, len(items), SHARD)]
    counts = np.concatenate([part["counts"] for part in parts])
    return Features(
        items,
        np.concatenate([part["tokens"] for part in parts]),
        np.concatenate([part["logits"] for part in parts]),
        np.concatenate([[0], counts.cumsum()]),
    )


def cached_shard(items: list[Item], x_encoder: XEncoder, space: Space, cache: Path) -> dict[str, np.ndarray]:
    path = cache / f"{shard_key(items, space)}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        print(f"features: {len(items)} items from {items[0].path.parent} ...", flush=True)
        aside = path.with_suffix(f".{os.getpid()}.npz")
        np.savez(aside, **encode_items(items, x_encoder, space))  # type: ignore[arg-type]
        aside.replace(path)
    with np.load(path) as stored:
        return dict(stored)


def shard_key(items: list[Item], space: Space) -> str:
    """Changes when a file's bytes, the sampling or what the x-encoder sees of a picture does; not with a file's folder
    or its time, as the same data may be laid out anew. The name counts: a photo's crops are drawn by it."""
    facts = [(item.path.name, _digest(item.path)) for item in items]
    sampling = (space.model, space.frame_px, space.n_looks, space.clip_frames, space.window_s)
    videos_as = [] if all(item.is_photo for item in items) else [VIDEOS_AS]
    return hashlib.sha256(json.dumps([facts, sampling, *videos_as]).encode()).hexdigest()[:24]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def encode_items(items: list[Item], x_encoder: XEncoder, space: Space) -> dict[str, np.ndarray]:
    tokens, logits, counts = [], [], []
    for frames in (item_frames(item, space) for item in items):
        features = x_encoder.encode_frames(frames)
        pixels = features.tokens.dtype == torch.uint8
        tokens.append(features.tokens.cpu().numpy().astype(np.uint8 if pixels else np.float16))
        p = torch.empty(len(frames), 0) if features.probabilities is None else features.probabilities
        logits.append(p.clamp(min=1e-7).log().cpu().numpy().astype(np.float16))
        counts.append(len(frames))
    return {"tokens": np.concatenate(tokens), "logits": np.concatenate(logits), "counts": np.array(counts)}


def item_frames(item: Item, space: Space) -> np.ndarray:
    """(F, px, px, 3) uint8; of a photo each view in every way it may be seen."""
    if not item.is_photo:
        return np.concatenate(list(new_frames(item.path, space)))
    seed = int.from_bytes(hashlib.sha256(item.path.name.encode()).digest()[:8], "little")
    return photo_views(item.path, space, np.random.default_rng(seed))


def new_frames(path: Path, space: Space) -> Iterator[np.ndarray]:
    """A video's sampled frames in time order, each once, though batches carry shared frames over."""
    n_given = 0
    for batch in read_clips(path, space, keep_to_shots=False, share_repeats=False):
        first = round(batch.windows[0].start_s / space.frame_interval_s)
        yield batch.clips.frames[n_given - first :]
        n_given = first + len(batch.clips.frames)


def photo_views(path: Path, space: Space, draw: np.random.Generator) -> np.ndarray:
    """(3 * n_looks, px, px, 3): the whole photo, then the first and last picture of a pan-and-zoom path, half
    mirrored; each in every way it may be seen, one after another."""
    with Image.open(path) as opened:
        photo = opened.convert("RGB")
    whole = photo
    if draw.random() < 0.5:
        photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    crops = [photo.crop(random_box(*photo.size, draw)) for _ in range(2)]
    return np.concatenate([look(view, space.frame_px, space.n_looks) for view in (whole, *crops)])


def random_box(width: int, height: int, draw: np.random.Generator) -> tuple[int, int, int, int]:
    side = draw.uniform(LEAST_AREA, 1.0) ** 0.5
    stretch = np.exp(draw.uniform(-MOST_STRETCH, MOST_STRETCH) / 2)
    w, h = min(1.0, side * stretch) * width, min(1.0, side / stretch) * height
    left, top = draw.uniform(0, width - w), draw.uniform(0, height - h)
    return round(left), round(top), max(round(left) + 1, round(left + w)), max(round(top) + 1, round(top + h))
