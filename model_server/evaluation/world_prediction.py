"""WorldPrediction-WM (paper table 3): which of four clips led from the first picture to the last?

As in the paper, the two pictures are each repeated for half a clip and joined; the candidate whose own predicted
embedding is nearest wins. Nothing is trained for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from model_server.engine import Clips, Embeddings
from model_server.evaluation.rows import Row, Scale, Where, mean_row
from model_server.evaluation.streams import Frames, Media, Watcher, photo, sampled_frames

INNER = (0.15, 0.85)  # the share of a clip that is its action: never the very pictures that are asked about


@dataclass(frozen=True)
class Transition:
    """From `start` to `end` (a photo, or a clip's first and last frame) by one of `candidates` (clips)."""

    start: Media
    end: Media
    candidates: tuple[Media, ...]
    right: int  # place in `candidates`


@dataclass(frozen=True)
class WorldPredictionSet:
    transitions: Sequence[Transition]
    note: str = ""


def world_prediction_rows(watcher: Watcher, name: str, task: WorldPredictionSet, scale: Scale) -> list[Row]:
    """Accuracy in percent. A tie counts against us."""
    seen = Pictures(watcher)
    hits = []
    for transition in task.transitions:
        state = seen.states(transition)  # (D,)
        actions = np.stack([seen.action(media) for media in transition.candidates])  # (4, D)
        similarity = actions @ state
        hits.append(similarity[transition.right] > np.delete(similarity, transition.right).max())
    where = Where("world prediction", name, len(task.transitions[0].candidates), task.note, scale)
    return [mean_row(where, "accuracy", hits)]


class Pictures:
    """Frames and action embeddings of the clips, each encoded once."""

    def __init__(self, watcher: Watcher) -> None:
        self.engine = watcher.engine
        self.space = watcher.engine.space
        self._frames = lru_cache(maxsize=8)(lambda path: sampled_frames(path, self.space))  # a few films at a time
        self._ends: dict[Media, tuple[Frames, Frames]] = {}
        self._actions: dict[Media, Embeddings] = {}

    def states(self, transition: Transition) -> Embeddings:
        """(D,) of the clip that is the first picture for its first half and the last one for its second."""
        first, last = self._ends_of(transition.start)[0], self._ends_of(transition.end)[1]
        n = self.space.clip_frames
        looks = np.arange(n) % self.space.n_looks
        index = np.where(np.arange(n) < n // 2, looks, self.space.n_looks + looks)[None].astype(np.int32)  # (1, T)
        return self.engine.predict(Clips(np.concatenate([first, last]), index))[0]

    def action(self, media: Media) -> Embeddings:
        """(D,) of T frames spread over the inner part of a clip."""
        if media not in self._actions:
            self._read(media)
        return self._actions[media]

    def _ends_of(self, media: Media) -> tuple[Frames, Frames]:
        """The first and the last picture, (n_looks, H, W, 3) each: of a video, frames that show both ways of seeing."""
        if media.is_photo:
            frames = photo(media.path, self.space).frames
            return frames, frames
        if media not in self._ends:
            self._read(media)
        return self._ends[media]

    def _read(self, media: Media) -> None:
        frames = self._part(media)
        ways = np.arange(self.space.n_looks)
        self._ends[media] = frames[ways % len(frames)], frames[-1 - ways[::-1] % len(frames)]
        inner = np.linspace(*INNER, self.space.clip_frames) * (len(frames) - 1)
        index = np.round(inner).astype(np.int32)[None]  # (1, T)
        self._actions[media] = self.engine.predict(Clips(frames, index))[0]

    def _part(self, media: Media) -> Frames:
        """The frames whose moment, the middle of their interval, lies in the clip; at least one."""
        frames: Frames = self._frames(media.path)
        if media.start_s is None or media.end_s is None:
            return frames
        first, last = (round(edge / self.space.frame_interval_s) for edge in (media.start_s, media.end_s))
        first = min(first, len(frames) - 1)
        return frames[first : max(last, first + 1)]
