"""A dual encoder of transformers as an engine: each frame alone, a clip as the mean of its frames.

The folder holds what transformers' own `save_pretrained` writes (model, tokenizer, image processor): `dual.fetch` makes
it. Any model with `get_image_features` and `get_text_features` fits; CLIP and SigLIP are tested.
"""

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer

from model_server.engine import Clips, Embeddings, EngineError, Space, check_clips
from model_server.vljepa.model import as_float32
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.weights import WEIGHTS, version

PROCESSOR = "preprocessor_config.json"
CLIP_FRAMES, WINDOW_S, STRIDE_S = 8, 4.0, 2.0  # as `small` looks at a video
FRAMES_A_RUN, TEXTS_A_RUN = 16, 64


class DualEngine:
    """The Engine protocol over an image encoder and a text encoder that share a space."""

    def __init__(self, name: str, folder: Path, device: str) -> None:
        self.device = device
        self.dtype = torch.bfloat16 if device.startswith("cuda") else torch.float32
        self.net = AutoModel.from_pretrained(folder, local_files_only=True, dtype=self.dtype).to(device).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        pixels = json.loads((folder / PROCESSOR).read_text())
        self.mean, self.std = (
            torch.tensor(pixels[key], device=device)[:, None, None] for key in ("image_mean", "image_std")
        )
        self.lock = threading.Lock()
        sizes = self.net.config
        self.max_tokens = int(sizes.text_config.max_position_embeddings)
        # SigLIP was trained on texts padded to one length, and reads its answer off the last place.
        self.padding = "max_length" if sizes.model_type.startswith("siglip") else "longest"
        self.space = Space(
            model=name,
            version=version(folder / WEIGHTS),
            dim=int(self.encode_texts(["a text"]).shape[1]),
            clip_frames=CLIP_FRAMES,
            window_s=WINDOW_S,
            stride_s=STRIDE_S,
            prompt="",
            frame_px=int(sizes.vision_config.image_size),
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
            return as_float32(normalize(torch.cat([self.texts(part) for part in parts]), dim=-1))

    def decode(self, embeddings: Embeddings) -> list[str]:  # noqa: ARG002 - it can read none
        raise EngineError(f"{self.space.model} has no y-decoder: it writes no captions.", permanent=True)

    def images(self, frames: Tensor) -> Tensor:
        """(F, px, px, 3) uint8 -> (F, D), L2-normalised."""
        pixels = frames.to(self.device).permute(0, 3, 1, 2).float() / 255
        out = self.net.get_image_features(pixel_values=((pixels - self.mean) / self.std).to(self.dtype))
        return normalize(out.pooler_output.float(), dim=-1)

    def texts(self, texts: Sequence[str]) -> Tensor:
        """n texts -> (n, D); longer ones are cut at what the encoder reads."""
        tokens = self.tokenizer(
            list(texts), padding=self.padding, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        )
        known = {key: tokens[key].to(self.device) for key in ("input_ids", "attention_mask") if key in tokens}
        if self.padding == "max_length":
            known.pop("attention_mask", None)  # it was trained without one
        found: Tensor = self.net.get_text_features(**known).pooler_output.float()
        return found


def load_dual(name: str, folder: Path, device: str) -> DualEngine:
    """Raises WeightsProblem where the folder is not there, or is not what transformers writes."""
    if not (folder / WEIGHTS).exists():
        raise WeightsProblem(f"There is no {name} in {folder}: python -m model_server.dual.fetch {name} {folder}")
    try:
        return DualEngine(name, folder, device)
    except (OSError, ValueError, KeyError, AttributeError) as problem:
        raise WeightsProblem(f"{folder} cannot be read as {name} ({problem}): fetch it again.") from problem
