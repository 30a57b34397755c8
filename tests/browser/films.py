"""What the browser tests watch: films of plain colours, and an engine that knows the names of colours.

Everything between the file and the page is the product's own: decode, windows, segments, search, HTTP to the model.
Only the weights are written out by hand, so that a test knows at which second "red" must be found.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from model_server.engine import Clips, EngineError, Space
from tests.videos import make_video

COLOURS = {
    "red": (200, 40, 40),
    "green": (40, 170, 40),
    "blue": (50, 50, 200),
    "yellow": (200, 190, 40),
    "purple": (180, 50, 180),
}
DIM = 8
FPS = 8
SIZE = (320, 180)
SCENE_S = 8  # each colour is shown for so long


class ColourWords:
    """Embeds a clip as its mean colour and a text as the colours it names; other words point away from all colours."""

    def __init__(self) -> None:
        self.space = Space("colours", "1", DIM, 8, 4.0, 2.0, "What is shown?", 32)

    def predict(self, clips: Clips, prompt: str | None = None) -> np.ndarray:
        frames = clips.frames.mean(axis=(1, 2))  # (F, 3)
        return np.stack([embedding(frames[index].mean(axis=0)) for index in clips.index])

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self._encode(text) for text in texts])

    def decode(self, embeddings: np.ndarray) -> list[str]:
        raise EngineError("This engine does not write.", permanent=True)

    def _encode(self, text: str) -> np.ndarray:
        named = [np.array(COLOURS[word]) for word in text.lower().split() if word in COLOURS]
        return embedding(np.mean(named, axis=0)) if named else np.eye(DIM, dtype=np.float32)[-1]


def embedding(rgb: np.ndarray) -> np.ndarray:
    """The direction of a colour away from grey: (D,) float32, L2-normalised."""
    raw = np.zeros(DIM, np.float32)
    raw[:3] = rgb / 255 - 0.45
    return raw / max(float(np.linalg.norm(raw)), 1e-6)


def make_film(path: Path, colours: Sequence[str]) -> Path:
    """One scene a colour, with a disc that crosses it, so that a person sees the film move."""
    pictures = list(_scenes(colours))
    return make_video(path, len(pictures) / FPS, fps=FPS, size=SIZE, pictures=pictures)


def _scenes(colours: Sequence[str]) -> Iterator[np.ndarray]:
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    light = (1.15 - 0.3 * y / SIZE[1])[..., None]
    for colour in colours:
        ground = np.array(COLOURS[colour], np.float32) * light
        for n in range(SCENE_S * FPS):
            centre = SIZE[0] * n / (SCENE_S * FPS)
            disc = ((x - centre) ** 2 + (y - SIZE[1] / 2) ** 2 < 30**2)[..., None]
            yield np.clip(np.where(disc, ground * 1.35, ground), 0, 255).astype(np.uint8)
