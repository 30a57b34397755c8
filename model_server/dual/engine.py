"""A dual encoder as an engine: each frame alone, a clip as the mean of its frames.

`dual.fetch` makes the folder it is read from.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from model_server.dual import open_clip_towers
from model_server.dual.open_clip_towers import OpenClipTowers
from model_server.dual.towers import Towers, TransformersTowers
from model_server.engine import Clips, Embeddings, EngineError, Space, check_clips
from model_server.presets import OPEN_CLIP
from model_server.vljepa.model import as_float32
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.weights import WEIGHTS, version

CLIP_FRAMES, WINDOW_S, STRIDE_S = 8, 4.0, 2.0  # as `small` looks at a video
FRAMES_A_RUN, TEXTS_A_RUN = 16, 64


class DualEngine:
    """The Engine protocol over an image encoder and a text encoder that share a space."""

    def __init__(self, name: str, towers: Towers, version: str, device: str) -> None:
        self.towers = towers
        self.device, self.dtype = device, dtype_on(device)
        self.mean, self.std = (
            torch.tensor(list(values), device=device)[:, None, None] for values in (towers.mean, towers.std)
        )
        self.lock = threading.Lock()
        self.space = Space(
            model=name,
            version=version,
            dim=int(self.encode_texts(["a text"]).shape[1]),
            clip_frames=CLIP_FRAMES,
            window_s=WINDOW_S,
            stride_s=STRIDE_S,
            prompt="",
            frame_px=towers.px,
        )

    def predict(self, clips: Clips, prompt: str | None = None) -> Embeddings:
        """(n, D): the mean over each clip's frames. It hears no prompt: EngineError(permanent) for one."""
        if prompt:
            raise EngineError(f"{self.space.model} has no predictor, so it hears no prompt.", permanent=True)
        check_clips(clips, self.space)
        if not len(clips):
            return np.empty((0, self.space.dim), np.float32)
        frames = torch.from_numpy(np.ascontiguousarray(clips.frames))
        with self.lock, torch.inference_mode():
            seen = torch.cat([self.images(part) for part in torch.split(frames, FRAMES_A_RUN)])  # (F, D)
            index = torch.from_numpy(clips.index.astype(np.int64)).to(seen.device)
            return as_float32(normalize(seen[index].mean(1), dim=-1))

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        parts = [texts[i : i + TEXTS_A_RUN] for i in range(0, len(texts), TEXTS_A_RUN)]
        if not parts:
            return np.empty((0, self.space.dim), np.float32)
        with self.lock, torch.inference_mode():
            return as_float32(normalize(torch.cat([self.towers.texts(part).float() for part in parts]), dim=-1))

    def decode(self, embeddings: Embeddings) -> list[str]:  # noqa: ARG002 - it can read none
        raise EngineError(f"{self.space.model} has no y-decoder: it writes no captions.", permanent=True)

    def images(self, frames: Tensor) -> Tensor:
        """(F, px, px, 3) uint8 -> (F, D), L2-normalised."""
        pixels = frames.to(self.device).permute(0, 3, 1, 2).float() / 255
        seen = self.towers.images(((pixels - self.mean) / self.std).to(self.dtype))
        return normalize(seen.float(), dim=-1)


def dtype_on(device: str) -> torch.dtype:
    return torch.bfloat16 if device.startswith("cuda") else torch.float32


def load_dual(name: str, folder: Path, device: str) -> DualEngine:
    """Raises WeightsProblem where the folder is not there, is not what its package writes, or that is missing."""
    kind, weights = (
        (OpenClipTowers, folder / open_clip_towers.WEIGHTS)
        if name in OPEN_CLIP
        else (TransformersTowers, folder / WEIGHTS)
    )
    if not weights.exists():
        raise WeightsProblem(f"There is no {name} in {folder}: python -m model_server.dual.fetch {name} {folder}")
    try:
        return DualEngine(name, kind(folder, device, dtype_on(device)), version(weights), device)
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError) as problem:
        raise WeightsProblem(f"{folder} cannot be read as {name} ({problem}): fetch it again.") from problem
