"""Batches: which pictures, seen how, with which caption.

A batch mixes photos and videos, so that each is the other's negative. A photo is seen whole, as one crop, or as a clip
panning over it; a video as a clip of T frames, or now and then as one frame of it, as the product sees a photo.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from model_server.training.features import PHOTO_VIEWS, Features

WHOLE, CROP, PAN = range(3)  # how a photo is seen


@dataclass(frozen=True)
class Seen:
    """Clips of one length: `frames` (B, T) are rows of a folder's features."""

    features: Features
    frames: np.ndarray


@dataclass(frozen=True)
class Batch:
    """`seen` one after another are the rows of the batch; `texts` are their captions."""

    seen: list[Seen]
    texts: list[str]
    positives: Tensor  # (B, B): 1 where a caption also describes another row's picture
    prompts: list[str] | None = None  # of each row; None: the caption prompt for all


@dataclass(frozen=True)
class Told:
    """What is said of a picture: any of a few texts, under a prompt or the caption prompt."""

    texts: tuple[str, ...]
    prompt: str | None = None


class Sampler:
    """Endless shuffled epochs over all items of all folders, from one seed, a video `clip_weight` times in each."""

    caption_prompt = ""  # where some rows have a prompt of their own, what the others have

    def __init__(self, folders: list[Features], clip_frames: int, batch: int, seed: int, clip_weight: int = 1) -> None:
        self.folders = folders
        self.clip_frames = clip_frames
        self.batch = batch
        self.seed = seed
        self.where = [
            (f, i)
            for f, features in enumerate(folders)
            for i, item in enumerate(features.items)
            for _ in range(1 if item.is_photo else clip_weight)
        ]
        self.batches_an_epoch = len(self.where) // batch
        if self.batches_an_epoch == 0:
            raise ValueError(f"{len(self.where)} items are fewer than a batch of {batch}: lower --batch.")

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of one epoch from `first` on. The same at every call: a resumed run sees what it would have."""
        order = np.random.default_rng((self.seed, number)).permutation(len(self.where))
        for step in range(first, self.batches_an_epoch):
            rows = [self.where[i] for i in order[step * self.batch : (step + 1) * self.batch]]
            yield self.draw(rows, np.random.default_rng((self.seed, number, step)))

    def draw(self, rows: list[tuple[int, int]], draw: np.random.Generator) -> Batch:
        groups: dict[tuple[int, int], list[np.ndarray]] = {}
        told: dict[tuple[int, int], list[Told]] = {}
        for f, i in rows:
            frames = self.frames(self.folders[f], i, draw)
            groups.setdefault((f, len(frames)), []).append(frames)
            told.setdefault((f, len(frames)), []).append(self.told(f, i, draw))
        seen = [Seen(self.folders[f], np.stack(frames)) for (f, _), frames in groups.items()]
        flat = [one for key in groups for one in told[key]]
        texts = [str(draw.choice(np.array(one.texts))) for one in flat]
        prompts = [one.prompt or self.caption_prompt for one in flat] if any(one.prompt for one in flat) else None
        return Batch(seen, texts, positives(texts, [one.texts for one in flat]), prompts)

    def told(self, f: int, i: int, draw: np.random.Generator) -> Told:  # noqa: ARG002 - others draw what they ask
        """What a batch says of item i of folder f."""
        return Told(self.folders[f].items[i].captions)

    def frames(self, features: Features, i: int, draw: np.random.Generator) -> np.ndarray:
        """Rows of the features that make one clip of item i."""
        rows = np.arange(features.starts[i], features.starts[i + 1])
        if features.items[i].is_photo:
            return photo_frames(rows, draw)
        if draw.random() < 0.2:
            return rows[[draw.integers(len(rows))]]
        if len(rows) <= self.clip_frames:
            return rows[np.linspace(0, len(rows) - 1, self.clip_frames).round().astype(int)]
        first = draw.integers(len(rows) - self.clip_frames + 1)
        return rows[first : first + self.clip_frames]


def photo_frames(rows: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Rows of one view, each way it is seen; or, as a pan, the first way of one crop and the last way of the other."""
    whole, first, last = rows.reshape(PHOTO_VIEWS, -1)  # (n_looks,) each
    how = draw.choice([WHOLE, CROP, PAN], p=[0.5, 0.25, 0.25])
    if how == WHOLE:
        return whole
    return np.array([first[0], last[-1]]) if how == PAN else (first, last)[draw.integers(2)]


def positives(texts: list[str], captions: list[tuple[str, ...]]) -> Tensor:
    """(B, B): row b's picture and column c's caption belong together: many generated clips share a prompt."""
    return torch.tensor([[float(text in own) for text in texts] for own in captions])
