"""From a stream to what is stored and found: segments, and the anchors each is found by. Pure; no database.

Ward runs on pieces of bounded time, so that a day of video needs no more memory at once than ten minutes do and
time grows with length, not faster. A piece's edge is no cut: runs that meet there are merged where Ward would have.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from indexer import detail
from model_server.vljepa.selective import Run, ward_distance, ward_runs

# Ward distances of normalised embeddings: two windows with cosine c lie sqrt(2 - 2c) apart, and two runs of n windows
# sqrt(n) times that. 1.0 keeps single windows together down to cosine 0.5, and parts runs of 8 s (4 windows at stride
# 2 s) whose means differ by more than cosine 0.87: short flickers are absorbed, lasting changes are cut. With preset
# `small`, neighbours within a clip have cosine 0.9 and more and across a cut 0.3 and less: on clips joined end to end
# every join was found up to 1.0, and some were lost from 1.2.
DISTANCE_THRESHOLD = 1.0
# A window further from its segment's mean than this gets an anchor of its own: the mean would not be found for it.
FAR_COSINE = 0.8
PIECE_S = 600.0


@dataclass(frozen=True)
class Anchor:
    start_s: float
    end_s: float
    embedding: npt.NDArray[np.float32]  # (D,), L2-normalised


@dataclass(frozen=True)
class Segment:
    """[start_s, end_s): segments tile the video; the first anchor is the mean."""

    start_s: float
    end_s: float
    anchors: list[Anchor]


def cut(times: npt.NDArray[np.float32], embeddings: npt.NDArray[np.floating]) -> list[Segment]:
    """Segments of a stream: `times` (n, 2) start_s and end_s of each window, `embeddings` (n, D)."""
    assert len(times) == len(embeddings), (len(times), len(embeddings))
    runs = runs_of(times, embeddings)
    edges = detail.edges(times, [first for first, _ in runs])
    return [
        Segment(start_s, end_s, _anchors(start_s, end_s, times[first:last], embeddings[first:last]))
        for (first, last), (start_s, end_s) in zip(runs, pairwise(edges), strict=True)
    ]


def details(times: npt.NDArray[np.float32], embeddings: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """(n,) for each window the coarsest detail at which a segment starts there: any of them can be cut from this."""
    starts = np.full(len(times), detail.NEVER, np.uint8)
    for k in reversed(range(len(detail.FACTORS))):
        runs = runs_of(times, embeddings, DISTANCE_THRESHOLD * detail.FACTORS[k])
        starts[[first for first, _ in runs]] = k
    return starts


def runs_of(
    times: npt.NDArray[np.float32], embeddings: npt.NDArray[np.floating], threshold: float = DISTANCE_THRESHOLD
) -> list[Run]:
    """Runs of windows with one meaning, in order, over the whole stream."""
    runs: list[Run] = []
    for first, last in _pieces(times):
        piece = [(first + a, first + b) for a, b in ward_runs(embeddings[first:last], threshold=threshold)]
        if runs and _cost(embeddings, runs[-1], piece[0]) < threshold:
            piece[0] = (runs.pop()[0], piece[0][1])
        runs += piece
    return runs


def _pieces(times: npt.NDArray[np.float32]) -> list[Run]:
    """Runs of windows that start within the same PIECE_S."""
    edges = np.flatnonzero(np.diff(times[:, 0] // PIECE_S)) + 1
    return [(int(a), int(b)) for a, b in pairwise([0, *edges, len(times)]) if a < b]


def _cost(embeddings: npt.NDArray[np.floating], a: Run, b: Run) -> float:
    return ward_distance(a[1] - a[0], _mean(embeddings[a[0] : a[1]]), b[1] - b[0], _mean(embeddings[b[0] : b[1]]))


def _mean(embeddings: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    mean: npt.NDArray[np.float32] = embeddings.mean(axis=0, dtype=np.float32)  # (D,)
    return mean


def _anchors(
    start_s: float, end_s: float, times: npt.NDArray[np.float32], embeddings: npt.NDArray[np.floating]
) -> list[Anchor]:
    """The mean, and every window that lies far from it: a short moment inside a long segment is still found."""
    windows = embeddings.astype(np.float32)  # (n, D)
    mean = _mean(windows)
    norm = float(np.linalg.norm(mean))
    if norm < 1e-6:  # windows that cancel out have no direction in common: each stands for itself
        far = np.arange(len(windows))
    else:
        mean = mean / norm
        far = np.flatnonzero(windows @ mean < FAR_COSINE)
    own = [Anchor(float(times[i, 0]), float(times[i, 1]), windows[i]) for i in far]
    return [*([Anchor(start_s, end_s, mean)] if norm >= 1e-6 else []), *own]
