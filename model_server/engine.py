"""The engine protocol: the one doorway to a model, local or remote (design: indexer and search see nothing else)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import numpy as np
import numpy.typing as npt

Embeddings = npt.NDArray[np.float32]  # (n, D), L2-normalised


@dataclass(frozen=True)
class Space:
    """One model version with its windowing and prompt: embeddings compare only within it."""

    model: str  # preset name
    version: str  # short hash of the stored weights
    dim: int  # D
    clip_frames: int  # T of a full clip
    window_s: float
    stride_s: float
    prompt: str  # the caption prompt the predictor was trained with
    frame_px: int  # side of the square frames the x-encoder wants
    n_looks: int = 1  # 2 where every second frame shows the middle closer (`frames.closer`)

    @property
    def frame_interval_s(self) -> float:
        """Seconds between sampled frames: a frame is decoded once and shared by the windows that hold it."""
        return self.window_s / self.clip_frames


@dataclass(frozen=True)
class Clips:
    """Clips that share frames: overlapping windows of one video name each frame once.

    `frames` is (F, H, W, 3) uint8 RGB; `index` is (n, T) int: the frames of each clip in time order.
    T is one number for a batch. A photo is its picture in each way the space looks at one (T = n_looks).
    """

    frames: npt.NDArray[np.uint8]
    index: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return int(self.index.shape[0])


def join(parts: Sequence[Clips]) -> Clips:
    """Clips of one length as one batch."""
    firsts = accumulate((len(part.frames) for part in parts), initial=0)
    index = [part.index + first for part, first in zip(parts, firsts, strict=False)]
    return Clips(np.concatenate([part.frames for part in parts]), np.concatenate(index).astype(np.int32))


def each_once(clips: Clips) -> tuple[Clips, npt.NDArray[np.intp]]:
    """The clips without those that show the same frames as another, and the place of every one of them there: (n,)."""
    index, place = np.unique(clips.index, axis=0, return_inverse=True)
    return Clips(clips.frames, index), place.reshape(-1)


class Engine(Protocol):
    """A model behind one shape: `model_server.local.LocalEngine` or `model_server.client.RemoteEngine`."""

    @property
    def space(self) -> Space: ...

    def predict(self, clips: Clips, prompt: str | None = None) -> Embeddings:
        """X-encoder and predictor: (n, D) predicted embeddings, L2-normalised, one a clip.

        Raises EngineError(permanent=True) for a prompt the weights do not know.
        """
        ...

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Y-encoder: (n, D) target or query embeddings, L2-normalised."""
        ...

    def decode(self, embeddings: Embeddings) -> list[str]:
        """Y-decoder: one caption an embedding. EngineError(permanent=True) where the preset has no y-decoder."""
        ...


class EngineError(Exception):
    """The model could not answer. `permanent` says that asking again will not help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


def check_clips(clips: Clips, space: Space) -> None:
    """EngineError(permanent) unless the clips have the shapes the x-encoder takes."""
    frames, index = clips.frames, clips.index
    side = space.frame_px
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[1:] != (side, side, 3):
        raise EngineError(
            f"Frames must be (F, {side}, {side}, 3) uint8, not {frames.shape} {frames.dtype}.", permanent=True
        )
    if index.ndim != 2 or not 1 <= index.shape[1] <= space.clip_frames:
        raise EngineError(f"Clips must have 1 to {space.clip_frames} frames, not {index.shape}.", permanent=True)
    if index.size and (index.min() < 0 or index.max() >= len(frames)):
        raise EngineError(f"Clips name frames outside 0 to {len(frames) - 1}.", permanent=True)
