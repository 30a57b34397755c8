"""The engine in this process: used by the index worker and by the model server."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from model_server.engine import Clips, Embeddings, EngineError, Space, check_clips
from model_server.presets import WEIGHTS_DIR, preset
from model_server.vljepa import weights, y_decoder
from model_server.vljepa.hubness import without
from model_server.vljepa.model import VLJEPA, as_float32, build_x_encoder, random_model, space_of
from model_server.vljepa.y_decoder import Draft, YDecoder

T = TypeVar("T")
CLIPS_A_RUN = 16
TEXTS_A_RUN = 128
CAPTIONS_A_RUN = 32
BEAMS = 4  # of a caption: twice the time of greedy decoding, and fewer things that are not there
READ_BACK = (
    2.0  # what a draft's cosine weighs beside its mean log probability: chosen on flickr8k val (docs/training.md)
)
READ_BACK_AT_ONCE = 8


class LocalEngine:
    """The Engine protocol over a VLJEPA.

    One call of a kind at a time. Clips, texts and captions have a lock each: a search must not wait for a batch of
    clips, and they share nothing but weights that do not change.
    """

    def __init__(
        self, model: VLJEPA, version: str, device: str, cache_dir: Path, decoder: YDecoder | None = None
    ) -> None:
        half = device.startswith("cuda") and model.config.stored == "bfloat16"
        dtype = torch.bfloat16 if half else torch.float32
        self.model = model.to(device, dtype)
        self.decoder = None if decoder is None else decoder.to(device, dtype)
        self.version = version
        self.device = device
        self.cache_dir = cache_dir
        self.x_encoder = build_x_encoder(
            model.config, model.names.cpu(), device, cache_dir, torch.get_num_threads(), model.folder
        )
        self.clips_lock, self.texts_lock, self.decode_lock = threading.Lock(), threading.Lock(), threading.Lock()
        self.stage_s = {"encode": 0.0, "predict": 0.0}  # seconds since the engine was loaded: the worker shows them

    @cached_property
    def text_encoder(self) -> Callable[[Sequence[str]], Embeddings]:
        """Made at the first text: the worker, which has none, does without it."""
        config = self.model.config.y_encoder
        if self.device != "cpu" or config.kind != "mpnet-base":
            return lambda texts: as_float32(self.model.encode_texts(texts))
        from model_server.vljepa.onnx_y_encoder import OnnxYEncoder

        return OnnxYEncoder(self.model, self.version, self.cache_dir, torch.get_num_threads())

    @cached_property
    def space(self) -> Space:
        return space_of(self.model.config, self.version)

    def predict(self, clips: Clips, prompt: str | None = None) -> Embeddings:
        if prompt == self.space.prompt:
            prompt = None
        if prompt is not None and not self.model.config.predictor.hears:
            raise EngineError(f"These weights know one prompt, {self.space.prompt!r}.", permanent=True)
        check_clips(clips, self.space)
        if not len(clips):
            return np.empty((0, self.space.dim), np.float32)
        with self.clips_lock, torch.inference_mode():
            features = self.timed("encode", lambda: self.x_encoder.encode_frames(clips.frames))
            runs = []
            for part in torch.split(torch.from_numpy(clips.index.astype(np.int64)), CLIPS_A_RUN):
                vision = self.timed("encode", partial(self.x_encoder.clip_tokens, features, part))
                prompts = None if prompt is None else [prompt] * len(part)
                runs.append(self.timed("predict", partial(self.model.predict, vision, prompts)))
            return as_float32(torch.cat(runs))

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        """Do it, and add its seconds to the stage: a GPU's too."""
        started = time.perf_counter()
        done = work()
        if self.device.startswith("cuda"):
            torch.cuda.synchronize(self.device)
        self.stage_s[stage] += time.perf_counter() - started
        return done

    @property
    def tokenizer(self):  # type: ignore[no-untyped-def]
        """The text encoder's: which words it knows whole tells sense from nonsense."""
        return self.model.y_encoder.tokenizer

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        if not texts:
            return np.empty((0, self.space.dim), np.float32)
        with self.texts_lock, torch.inference_mode():
            parts = [texts[i : i + TEXTS_A_RUN] for i in range(0, len(texts), TEXTS_A_RUN)]
            return np.concatenate([self.text_encoder(part) for part in parts])

    def decode(self, embeddings: Embeddings) -> list[str]:
        if self.decoder is None:
            raise EngineError(f"The preset {self.space.model!r} has no y-decoder for these weights.", permanent=True)
        if not len(embeddings):
            return []
        rows = torch.from_numpy(np.ascontiguousarray(embeddings, np.float32)).to(self.device)
        rows = without(rows, self.model.config.dim)  # the decoder reads what was predicted, not how common it is
        with self.decode_lock:
            drafts = [own for part in torch.split(rows, CAPTIONS_A_RUN) for own in self.decoder.drafts(part, BEAMS)]
        return self.best_drafts(drafts, embeddings)

    def best_drafts(self, drafts: Sequence[Sequence[Draft]], embeddings: Embeddings) -> list[str]:
        """Of each embedding's drafts the best: how likely its words are, and how near it comes when it is read back."""
        texts = sorted({draft.text for own in drafts for draft in own})
        # A few at a time: a search waits for no more than those.
        parts = [self.encode_texts(texts[i : i + READ_BACK_AT_ONCE]) for i in range(0, len(texts), READ_BACK_AT_ONCE)]
        read = dict(zip(texts, np.concatenate(parts), strict=True))
        wanted = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)  # (n, D)
        return [
            max(own, key=lambda draft: draft.likely + READ_BACK * float(read[draft.text] @ embedding)).text
            for own, embedding in zip(drafts, wanted, strict=True)
        ]


def load_engine(name: str, device: str = "auto", folder: Path | None = None) -> LocalEngine:
    """The engine of a preset, from the weights in the repository or in `folder`.

    Raises ValueError for an unknown preset or device, WeightsProblem for weights that are missing or damaged.
    """
    config = preset(name)
    where = pick_device(device)
    if config.y_encoder.kind == "tiny" and folder is None:
        model, decoder = random_model(config).eval().requires_grad_(False), y_decoder.random_decoder(config.dim)
        return LocalEngine(model, "random", where, cache_dir(), decoder)
    folder = folder or WEIGHTS_DIR / name
    model, version = weights.load(folder)
    return LocalEngine(model, version, where, cache_dir(), y_decoder.load(folder, version))


def pick_device(device: str) -> str:
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("SEEKFRAME_DEVICE is cuda, but torch sees no GPU here: set it to auto or cpu.")
    if device not in ("cpu", "cuda"):
        raise ValueError(f"SEEKFRAME_DEVICE must be auto, cpu or cuda, not {device!r}.")
    return device


def cache_dir() -> Path:
    """Where exported graphs are kept: under var/, as everything that can be made again."""
    default = Path(__file__).resolve().parent.parent / "var"
    return Path(os.environ.get("SEEKFRAME_VAR") or default) / "models"
