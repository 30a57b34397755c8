"""Predicted embeddings of videos, of parts of videos and of photos, through the product's own decode and windows.

Works on any Engine. A video is looked at once, however many tables, captions or segments ask for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_server.engine import Clips, Embeddings, Engine, EngineError, Space, join
from model_server.frames.errors import MediaError
from model_server.frames.photos import read_photo
from model_server.frames.reader import read_clips
from model_server.training.data import PHOTO_SUFFIXES, DataProblem
from model_server.training.features import new_frames

PHOTOS_A_RUN = 32

Frames = npt.NDArray[np.uint8]  # (F, H, W, 3) RGB


@dataclass(frozen=True)
class Media:
    """A photo, a video, or the part of a video within [start_s, end_s)."""

    path: Path
    start_s: float | None = None
    end_s: float | None = None

    @property
    def is_photo(self) -> bool:
        return self.path.suffix.lower() in PHOTO_SUFFIXES


@dataclass(frozen=True)
class Stream:
    """A video's predicted embeddings in time order."""

    centres_s: npt.NDArray[np.float64]  # (n,) the middle of each window
    embeddings: Embeddings  # (n, D)

    def part(self, media: Media) -> Embeddings:
        """(D,) the mean over the windows whose middle lies in the part; the nearest window where none does."""
        if media.start_s is None or media.end_s is None:
            return unit(self.embeddings.mean(axis=0))
        inside = (self.centres_s >= media.start_s) & (self.centres_s < media.end_s)
        if not inside.any():
            inside[np.abs(self.centres_s - (media.start_s + media.end_s) / 2).argmin()] = True
        return unit(self.embeddings[inside].mean(axis=0))


@dataclass
class Watcher:
    """An engine that remembers what it has seen under its own prompt; questions are asked anew."""

    engine: Engine
    streams: dict[Path, Stream] = field(default_factory=dict)
    photos: dict[Path, Embeddings] = field(default_factory=dict)

    def predict(self, media: Sequence[Media], prompt: str | None = None) -> Embeddings:
        """(n, D) L2-normalised, one each. DataProblem naming the file that cannot be read."""
        streams, photos = (self.streams, self.photos) if prompt is None else ({}, {})
        self._see_photos([item.path for item in media if item.is_photo], photos, prompt)
        rows = []
        for item in media:
            if not item.is_photo and item.path not in streams:
                streams[item.path] = self._stream(item.path, prompt)
            rows.append(photos[item.path] if item.is_photo else streams[item.path].part(item))
        return np.stack(rows) if rows else np.empty((0, self.engine.space.dim), np.float32)

    def _see_photos(self, paths: list[Path], seen: dict[Path, Embeddings], prompt: str | None) -> None:
        new = [path for path in dict.fromkeys(paths) if path not in seen]
        for start in range(0, len(new), PHOTOS_A_RUN):
            some = new[start : start + PHOTOS_A_RUN]
            clips = join([photo(path, self.engine.space) for path in some])
            seen.update(zip(some, self.engine.predict(clips, prompt), strict=True))

    def _stream(self, path: Path, prompt: str | None) -> Stream:
        centres, parts = [], []
        try:
            for batch in read_clips(path, self.engine.space):
                parts.append(self.engine.predict(batch.clips, prompt))
                centres += [(window.start_s + window.end_s) / 2 for window in batch.windows]
        except (MediaError, OSError) as problem:
            raise DataProblem(f"{path}: {problem}") from problem
        return Stream(np.array(centres), np.concatenate(parts))

    def takes_prompts(self) -> bool:
        """Whether the weights hear a question, or know their own prompt alone (stage 1)."""
        side = self.engine.space.frame_px
        black = Clips(np.zeros((1, side, side, 3), np.uint8), np.zeros((1, 1), np.int32))
        try:
            self.engine.predict(black, "What is shown?" if self.engine.space.prompt != "What is shown?" else "Is it?")
        except EngineError as problem:
            if problem.permanent:
                return False
            raise
        return True


def photo(path: Path, space: Space) -> Clips:
    """As a clip. DataProblem naming the file that cannot be read."""
    try:
        return read_photo(path, space)
    except (MediaError, OSError) as problem:
        raise DataProblem(f"{path}: {problem}") from problem


def sampled_frames(path: Path, space: Space) -> Frames:
    """(F, H, W, 3): a video's frames as the space looks at them. DataProblem naming the file that cannot be read."""
    try:
        return np.concatenate(list(new_frames(path, space)))
    except (MediaError, OSError) as problem:
        raise DataProblem(f"{path}: {problem}") from problem


def unit(embedding: Embeddings) -> Embeddings:
    return np.asarray(embedding / np.linalg.norm(embedding, axis=-1, keepdims=True), np.float32)
