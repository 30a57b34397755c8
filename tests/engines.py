"""A tiny engine written out by hand, for tests of what happens around a model: colours in, embeddings out."""

from collections.abc import Callable, Sequence

import numpy as np

from model_server.engine import Clips, EngineError, Space

DIM = 8


class ColourEngine:
    """Predicts the mean colour of a clip, so that a cut in the picture is a cut in the stream. Deterministic."""

    def __init__(self, before: Callable[[int], None] = lambda call: None, version: str = "colours") -> None:
        self.space = Space("tiny", version, DIM, 8, 4.0, 2.0, "What is shown?", 32)
        self.before = before  # called with the number of each predict call, from 1: where tests interfere
        self.calls = 0

    def predict(self, clips: Clips, prompt: str | None = None) -> np.ndarray:
        self.calls += 1
        self.before(self.calls)
        frames = clips.frames.mean(axis=(1, 2)) / 255 - 0.5  # (F, 3)
        raw = np.zeros((len(clips), DIM), np.float32)
        raw[:, :3] = frames[clips.index].mean(axis=1)
        raw[:, 3] = 0.1  # never all zeros
        return raw / np.linalg.norm(raw, axis=1, keepdims=True)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        raise EngineError("This engine only looks.", permanent=True)

    def decode(self, embeddings: np.ndarray) -> list[str]:
        raise EngineError("This engine only looks.", permanent=True)


class CaptioningEngine(ColourEngine):
    """With a decoder: it tells light from dark, and reads its own captions back."""

    def __init__(self, before_decode: Callable[[int], None] = lambda call: None, version: str = "colours") -> None:
        super().__init__(version=version)
        self.before_decode = before_decode  # called with the number of each decode call, from 1
        self.decoded: list[int] = []  # how many embeddings each call was given

    def decode(self, embeddings: np.ndarray) -> list[str]:
        self.decoded.append(len(embeddings))
        self.before_decode(len(self.decoded))
        return ["a light picture" if e[:3].sum() > 0 else "a dark\x00 picture" for e in embeddings]

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        raw = np.zeros((len(texts), DIM), np.float32)
        raw[:, :3] = [[1 if "light" in text else -1] * 3 for text in texts]
        return raw / np.sqrt(3, dtype=np.float32)
