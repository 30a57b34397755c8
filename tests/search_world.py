"""A small world for search tests: an engine that knows a few words, and videos stored as the pipeline stores them."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from indexer import segments, spaces, streams, words
from indexer.models import Anchor, Library, Segment, Space, Stream, Video
from model_server import engine as protocol
from model_server.engine import EngineError

DIM = 16
WORDS = ("dog", "cat", "train", "pie", "boat", "piano", "snow", "rocket")
STRIDE_S, WINDOW_S = 2.0, 4.0


def meaning(word: str) -> np.ndarray:
    """A direction for each word; unknown words share one that nothing shows."""
    vector = np.zeros(DIM, np.float32)
    vector[WORDS.index(word) if word in WORDS else DIM - 1] = 1
    return vector


def showing(word: str, similarity: float = 0.7, seed: int = 0) -> np.ndarray:
    """A predicted embedding with this cosine to the word and none to the others."""
    noise = np.zeros(DIM, np.float32)
    noise[len(WORDS) : DIM - 1] = np.random.default_rng(seed).normal(size=DIM - 1 - len(WORDS))
    noise /= np.linalg.norm(noise)
    return similarity * meaning(word) + np.sqrt(1 - similarity**2) * noise


class FakeEngine:
    """Encodes the last word of a text that it knows."""

    def __init__(self, version: str = "v1") -> None:
        self.space = protocol.Space("fake", version, DIM, 8, WINDOW_S, STRIDE_S, "Describe the scene.", 32)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([meaning(next((w for w in reversed(t.split()) if w in WORDS), "")) for t in texts])

    def predict(self, clips: protocol.Clips, prompt: str | None = None) -> np.ndarray:
        raise EngineError("This engine only reads words.", permanent=True)

    def decode(self, embeddings: np.ndarray) -> list[str]:
        raise EngineError("This engine only reads words.", permanent=True)


class SeeingEngine(FakeEngine):
    """Sees a dog in whatever it is shown."""

    def predict(self, clips: protocol.Clips, prompt: str | None = None) -> np.ndarray:
        assert clips.frames.shape == (1, 32, 32, 3)
        return showing("dog", 0.95)[None]


class AwayEngine(FakeEngine):
    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        raise EngineError("The model does not answer.", permanent=False)


def stored_space(version: str = "v1") -> Space:
    return spaces.ensure_space(FakeEngine(version).space)


def add_video(
    library: Library,
    space: Space,
    embeddings: list[np.ndarray],
    title: str = "clip",
    created_at: datetime | None = None,
) -> Video:
    """A ready video with one window a stride, segmented as the pipeline does it."""
    times = np.array([(i * STRIDE_S, i * STRIDE_S + WINDOW_S) for i in range(len(embeddings))], np.float32)
    video = Video.objects.create(
        library=library,
        title=title,
        original="videos/x/original",
        size_bytes=1,
        duration_s=float(times[-1, 1]),
        status=Video.Status.READY,
    )
    if created_at:
        Video.objects.filter(pk=video.pk).update(created_at=created_at)
    store(video, space, times, np.stack(embeddings))
    return video


def store(video: Video, space: Space, times: np.ndarray, embeddings: np.ndarray) -> None:
    Stream.objects.bulk_create(
        streams.pack(part, video=video, space=space)
        for part in streams.parts(times, embeddings, segments.details(times, embeddings))
    )
    for cut in segments.cut(times, embeddings):
        segment = Segment.objects.create(
            video=video, space=space, library=video.library, start_s=cut.start_s, end_s=cut.end_s
        )
        Anchor.objects.bulk_create(
            Anchor(
                segment=segment,
                video=video,
                space=space,
                library=video.library,
                start_s=a.start_s,
                end_s=a.end_s,
                embedding=a.embedding,
            )
            for a in cut.anchors
        )
    words.write(Segment.objects.filter(video=video), video.title)
