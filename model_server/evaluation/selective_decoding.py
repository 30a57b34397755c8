"""Selective decoding (paper section 4.5, Fig. 4): fewer captions for the same CIDEr.

Captioned clips are joined into streams and watched at one window every frame interval. A stream is cut into as many
runs as a decoding rate allows: uniformly, by Ward connected in time, or online where the local variance passes a
threshold. Each run is decoded once, at its midpoint: from the window there (exact), or from the run's mean (pooled).
Each annotation is matched to the decode nearest in time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from model_server.engine import Clips, Embeddings
from model_server.evaluation.captioning import cider
from model_server.evaluation.captions import CaptionSet, Writer, Writers
from model_server.evaluation.online import local_variance, trigger_runs
from model_server.evaluation.pareto import Curve, saved
from model_server.evaluation.rows import Row, Scale, Where, mean_row
from model_server.evaluation.streams import Watcher, sampled_frames, unit
from model_server.training.data import DataProblem
from model_server.vljepa.selective import Run, ward_runs

RATES_HZ = (2.0, 1.0, 0.5, 0.35, 0.2, 0.1, 0.05, 0.02, 0.01)  # paper: from 2 Hz to 0.01 Hz
QUANTILES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995)  # of the local variance: the thresholds of the online trigger
REFERENCE_HZ = 1.0  # the paper compares with uniform decoding at this rate
CLIPS_A_STREAM = 12
WINDOWS_A_RUN = 48

Times = npt.NDArray[np.float64]  # (n,) seconds from the start of the stream


@dataclass(frozen=True)
class Joined:
    """A stream of joined clips: one window a frame interval, and an annotation in the middle of each clip."""

    embeddings: Embeddings  # (n, D)
    centres_s: Times  # (n,) the middle of each window
    length_s: float
    annotations_s: Times  # (a,)
    references: list[tuple[str, ...]]  # a


def selective_rows(writers: Writers, name: str, task: CaptionSet, scale: Scale) -> tuple[list[Row], list[Curve]]:
    """A row for each point of each curve, the ratios of decodes at equal CIDEr, and the curves for the plot."""
    streams = join(writers.watcher, task, scale.seed)
    write, writer = writers.best
    n_clips = sum(len(stream.references) for stream in streams)
    length_s = sum(stream.length_s for stream in streams)
    note = f"{writer}; {len(streams)} streams, {length_s:.0f} s"
    where = Where("selective decoding", name, n_clips, "; ".join(n for n in (task.note, note) if n), scale)
    rows, curves = [], []
    for way, cuts in (("uniform", uniform_cuts), ("Ward", ward_cuts), ("online", online_cuts)):
        for pooled in (False, True):
            kind = f"{way}, {'pooled' if pooled else 'exact'}"
            points = list(sweep(streams, list(cuts(streams)), pooled, write))
            curves.append(Curve(kind, np.array([rate for _, rate, _ in points]), np.stack([c for _, _, c in points])))
            rows += [mean_row(where, f"CIDEr, {kind}, {label} ({rate:.3f} Hz)", each) for label, rate, each in points]
    by_kind = {curve.kind: curve for curve in curves}
    for way in ("Ward", "online"):
        for kind in ("exact", "pooled"):
            rows += saved(where, by_kind[f"uniform, {kind}"], by_kind[f"{way}, {kind}"], REFERENCE_HZ)
    return rows, curves


def join(watcher: Watcher, task: CaptionSet, seed: int) -> list[Joined]:
    """The clips in an order drawn by `seed`, joined into streams of CLIPS_A_STREAM (the last takes what is left)."""
    videos = [i for i, media in enumerate(task.media) if not media.is_photo]
    if len(videos) < 2:
        raise DataProblem("Selective decoding needs two videos at least.")
    order = np.random.default_rng(seed).permutation(videos).tolist()
    n_streams = max(1, round(len(order) / CLIPS_A_STREAM))
    return [joined(watcher, task, part.tolist()) for part in np.array_split(order, n_streams)]


def joined(watcher: Watcher, task: CaptionSet, chosen: Sequence[int]) -> Joined:
    space = watcher.engine.space
    step_s, n = space.frame_interval_s, space.clip_frames
    parts = [sampled_frames(task.media[i].path, space) for i in chosen]
    edges = np.concatenate([[0], np.cumsum([len(part) for part in parts])]) * step_s  # (a + 1,) seconds
    frames = np.concatenate(parts)  # (F, H, W, 3)
    starts = np.arange(max(1, len(frames) - n + 1), dtype=np.int32)
    index = np.minimum(np.add.outer(starts, np.arange(n, dtype=np.int32)), len(frames) - 1)  # (n, T)
    pieces = [index[k : k + WINDOWS_A_RUN] for k in range(0, len(index), WINDOWS_A_RUN)]
    embeddings = np.concatenate(
        [watcher.engine.predict(Clips(frames[p[0, 0] : p[-1, -1] + 1], p - p[0, 0])) for p in pieces]
    )
    centres_s = (starts.astype(np.float64) + n / 2) * step_s
    middles = (edges[:-1] + edges[1:]) / 2
    return Joined(embeddings, centres_s, float(edges[-1]), middles, [task.captions[i] for i in chosen])


Cut = tuple[str, list[list[Run]]]  # what the point is called, and the runs of each stream


def uniform_cuts(streams: Sequence[Joined]) -> Iterator[Cut]:
    for rate in RATES_HZ:
        yield f"{rate:g} Hz", [uniform_runs(len(s.embeddings), decodes(s, rate)) for s in streams]


def ward_cuts(streams: Sequence[Joined]) -> Iterator[Cut]:
    for rate in RATES_HZ:
        yield f"{rate:g} Hz", [ward_runs(s.embeddings, n_runs=decodes(s, rate)) for s in streams]


def online_cuts(streams: Sequence[Joined]) -> Iterator[Cut]:
    heights = np.concatenate([local_variance(s.embeddings) for s in streams])
    for quantile in QUANTILES:
        threshold = float(np.quantile(heights, quantile))
        yield f"variance above its {quantile:g} quantile", [trigger_runs(s.embeddings, threshold) for s in streams]


def decodes(stream: Joined, rate_hz: float) -> int:
    return max(1, min(round(rate_hz * stream.length_s), len(stream.embeddings)))


def uniform_runs(n: int, n_runs: int) -> list[Run]:
    """Runs of equal length, as nearly as whole windows allow.

    >>> uniform_runs(5, 2)
    [(0, 2), (2, 5)]
    """
    edges = [k * n // n_runs for k in range(n_runs + 1)]
    return list(pairwise(edges))


def sweep(
    streams: Sequence[Joined], cuts: Sequence[Cut], pooled: bool, write: Writer
) -> Iterator[tuple[str, float, npt.NDArray[np.float64]]]:
    """For each cut: its name, the decodes a second, and the CIDEr (a,) of what each annotation is given."""
    references = [reference for stream in streams for reference in stream.references]
    length_s = sum(stream.length_s for stream in streams)
    for label, runs_of in cuts:
        read = [matched(s, runs, pooled) for s, runs in zip(streams, runs_of, strict=True)]
        written = write(np.concatenate(read))
        yield label, sum(map(len, runs_of)) / length_s, cider(written, references)


def matched(stream: Joined, runs: Sequence[Run], pooled: bool) -> Embeddings:
    """(a, D): for each annotation, the embedding that the decode nearest in time reads. The earlier one at a tie."""
    middles = np.array([(first + last - 1) // 2 for first, last in runs])  # (r,) windows
    times = stream.centres_s[middles]
    nearest = np.abs(stream.annotations_s[:, None] - times[None]).argmin(axis=1)  # (a,)
    if not pooled:
        return stream.embeddings[middles[nearest]]
    return np.stack([unit(stream.embeddings[slice(*runs[k])].mean(axis=0)) for k in nearest])
