"""`A then B`: moments in order in one video, scored exactly from the streams; as good as the weakest step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from indexer.models import Video
from model_server.engine import Engine
from search.encoding import encode
from search.exclude import exclude
from search.fuse import reciprocal_rank
from search.gather import length_of, video_hits
from search.meaning import Meaning, meaning_of, score_windows
from search.query import Query, Step
from search.refine import MAX_MOMENTS, Windows, heat, heat_steps, read_windows, within
from search.results import Hit, VideoHits
from search.retrieve import Pool, count_anchors, nearest_anchors, spans_around, spans_of

Array = npt.NDArray[np.float32]

LEAST_APART_S = 1.0  # middles of windows of two steps: the same moment is no order
MOST_WINDOWS = 400  # of a step in one video: the best, in time order


@dataclass(frozen=True, eq=False)
class FoundStep:
    """The windows of the videos that come into question, by how well they show one step."""

    windows: dict[UUID, Windows]
    scores: dict[UUID, Array]
    meaning: Meaning


@dataclass(frozen=True)
class Chain:
    """A window of each step, by its place among the windows of that step."""

    places: tuple[int, ...]
    score: float  # of the weakest step


def find_steps(query: Query, pool: Pool, engine: Engine, looked_at: slice) -> tuple[list[FoundStep], int]:
    """Each step's windows in the videos that the steps together point to, and how many videos those are before
    `looked_at` takes its share. EngineError where the model is away."""
    texts = [text for step in query.steps for text in step.texts]
    embeddings = iter(encode(texts, pool.space, engine))
    asked = [np.stack([next(embeddings) for _ in step.texts]) for step in query.steps]
    pools = [replace(pool, phrases=step.phrases) for step in query.steps]
    sizes = [count_anchors(own) for own in pools]
    near = [nearest_anchors(own, e[0], n) for own, e, n in zip(pools, asked, sizes, strict=True)]
    candidates = list(reciprocal_rank(*([c.video_id for c in ranking] for ranking in near)))
    spans = spans_around(candidates[looked_at], *near)
    read = iter(read_windows(pool.space, np.concatenate(asked), spans))
    found = [
        found_step(step, own, n, e, [next(read) for _ in e])
        for step, own, n, e in zip(query.steps, pools, sizes, asked, strict=True)
    ]
    return found, len(candidates)


def found_step(step: Step, pool: Pool, n_anchors: int, embeddings: Array, read: list[dict[UUID, Windows]]) -> FoundStep:
    meanings = [meaning_of(t, e, pool, n_anchors) for t, e in zip(step.texts, embeddings, strict=True)]
    windows = exclude(step, read, meanings)
    if pool.picks_segments:
        windows = within(windows, spans_of(pool, list(windows)))
    return FoundStep(windows, score_windows(windows, meanings[0]), meanings[0])


def gather_chains(
    rows: Mapping[UUID, Video], steps: Sequence[FoundStep], within_s: float, cutoff: float, limit: int = MAX_MOMENTS
) -> list[VideoHits]:
    """The videos in which the steps come in order, each step at least at the cut-off."""
    found = []
    for video_id, video in rows.items():
        if any(video_id not in step.windows for step in steps):
            continue
        windows = [step.windows[video_id] for step in steps]
        scores = [step.scores[video_id] for step in steps]
        hits = [_hit(windows, chain) for chain in chains(windows, scores, within_s, cutoff, limit)]
        if hits:
            found.append(video_hits(video, hits, heat_of_steps(windows, scores, length_of(video, hits))))
    return found


def heat_of_steps(windows: Sequence[Windows], scores: Sequence[Array], duration_s: float) -> list[float]:
    """Where any of the steps is, along the video."""
    n_steps = heat_steps(windows[0], duration_s)
    lines = [heat(w, s, duration_s, n_steps) for w, s in zip(windows, scores, strict=True)]
    return [max(values) for values in zip(*lines, strict=True)]


def _hit(windows: Sequence[Windows], chain: Chain) -> Hit:
    first, *later = (w.middles[place] for w, place in zip(windows, chain.places, strict=True))
    return Hit(
        start_s=float(windows[0].times[chain.places[0], 0]),
        end_s=float(windows[-1].times[chain.places[-1], 1]),
        best_s=float(first),
        score=chain.score,
        similarity=float(windows[0].similarities[chain.places[0]]),
        reason="meaning",
        then_s=tuple(float(second) for second in later),
    )


def chains(
    windows: Sequence[Windows], scores: Sequence[Array], within_s: float, cutoff: float, limit: int = MAX_MOMENTS
) -> Iterator[Chain]:
    """Up to `limit` chains, best first; none overlap. Pure."""
    taken: list[tuple[float, float]] = []
    for _ in range(limit):
        usable = [_usable(w, s, cutoff, taken) for w, s in zip(windows, scores, strict=True)]
        if any(not len(places) for places in usable):
            return
        best = _best_chain(windows, scores, usable, within_s)
        if best is None:
            return
        yield best
        taken.append((float(windows[0].times[best.places[0], 0]), float(windows[-1].times[best.places[-1], 1])))


def _usable(windows: Windows, scores: Array, cutoff: float, taken: list[tuple[float, float]]) -> npt.NDArray[np.int64]:
    """Places of the windows that may still be part of a chain, in time order."""
    free = scores >= cutoff
    for start_s, end_s in taken:
        free &= (windows.times[:, 1] <= start_s) | (windows.times[:, 0] >= end_s)
    places = np.flatnonzero(free)
    if len(places) > MOST_WINDOWS:
        places = np.sort(places[np.argsort(-scores[places], kind="stable")[:MOST_WINDOWS]])
    return places


def _best_chain(
    windows: Sequence[Windows], scores: Sequence[Array], usable: Sequence[npt.NDArray[np.int64]], within_s: float
) -> Chain | None:
    """Dynamic programming over the steps: the chain whose weakest step is best; of equals the one whose steps together
    are best."""
    weakest = scores[0][usable[0]].astype(np.float64)
    total = weakest.copy()
    came_from: list[npt.NDArray[np.int64]] = []
    for k in range(1, len(windows)):
        before, now = windows[k - 1], windows[k]
        i, j = usable[k - 1], usable[k]
        apart_s = now.middles[j][:, None] - before.middles[i][None, :]  # (j, i)
        wait_s = now.times[j, :1] - before.times[i, 1][None, :]
        possible = (apart_s >= LEAST_APART_S) & (wait_s <= within_s)
        own = scores[k][j].astype(np.float64)
        chain_weakest = np.where(possible, np.minimum(weakest[None, :], own[:, None]), -np.inf)
        chain_total = total[None, :] + own[:, None]
        equal = chain_weakest == chain_weakest.max(axis=1, keepdims=True)
        source = np.where(equal, chain_total, -np.inf).argmax(axis=1)
        rows = np.arange(len(j))
        weakest, total = chain_weakest[rows, source], chain_total[rows, source]
        came_from.append(source)
    if not np.isfinite(weakest).any():
        return None
    last = int(np.lexsort((total, weakest))[-1])
    at, places = last, [int(usable[-1][last])]
    for k in range(len(windows) - 1, 0, -1):
        at = int(came_from[k - 1][at])
        places.insert(0, int(usable[k - 1][at]))
    return Chain(tuple(places), float(weakest[last]))
