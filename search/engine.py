"""Search: from a person's words to moments (design section 5). Reads top to bottom."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from indexer.models import Video
from indexer.spaces import active_space
from model_server.engine import Engine, EngineError
from search import library
from search.calibrate import Calibration, LibraryFacts, QueryFacts, Scorer, scorer_for
from search.captions import with_captions
from search.encoding import encode
from search.fuse import reciprocal_rank
from search.gather import found_by_words_alone, gather, nearest_videos
from search.labels import labelled_spans, within
from search.query import Query, parse
from search.refine import N_SPANS, Windows, heat, heat_steps, read_windows
from search.results import HeatStep, Hit, Results, SearchRequest, VideoHits
from search.retrieve import Candidate, Pool, count_anchors, nearest_anchors, segments_by_words

__all__ = ["HeatStep", "Hit", "Results", "SearchRequest", "VideoHits", "heat_map", "search"]

N_SPARE = 10  # videos scored exactly beyond those shown: some of them fall below the cut-off
N_NEAREST = 5
MAX_TIMELINE_STEPS = 2000  # more than a screen has points


@dataclass(frozen=True, eq=False)
class Meaning:
    """The query in the active space, and what turns its cosines into scores."""

    embedding: npt.NDArray[np.float32]
    scorer: Scorer
    facts: QueryFacts


def search(request: SearchRequest, engine: Engine) -> Results:
    """The moments that answer the request, grouped by video, best first.

    Where the model does not answer, or is not the one the videos were indexed with, titles and captions are still
    searched, and `notice` says so.
    """
    started = time.perf_counter()
    query, space = parse(request.text), active_space()
    if space is None or not query.has_words or not request.library_ids:
        return _done(_empty(query, request), started)
    pool = Pool(space, request.library_ids, request.date_from, request.date_to, request.label_id)
    by_words = segments_by_words(pool, query.text)
    try:
        embedding = encode([query.text], space, engine)[0]
    except EngineError as problem:
        return _done(with_captions(_words_only(query, request, by_words, str(problem)), space), started)
    return _done(with_captions(_search_both(query, request, pool, by_words, embedding), space), started)


def _search_both(
    query: Query,
    request: SearchRequest,
    pool: Pool,
    by_words: list[Candidate],
    embedding: npt.NDArray[np.float32],
) -> Results:
    n_anchors = count_anchors(pool)
    by_meaning = nearest_anchors(pool, embedding, n_anchors)
    fused = reciprocal_rank([c.video_id for c in by_meaning], [c.video_id for c in by_words])
    chosen = list(fused)[: request.limit + N_SPARE]
    windows = read_windows(pool.space, embedding, _spans(chosen, by_meaning, by_words))
    if pool.label_id is not None:
        windows = within(windows, labelled_spans(pool.label_id, pool.space, list(windows)))
    meaning = _meaning(query, pool, embedding, n_anchors)
    cutoff = meaning.scorer.cutoff if request.cutoff is None else request.cutoff
    scores = score_windows(windows, meaning)
    rows = Video.objects.in_bulk(list(windows))
    found = gather(rows, windows, scores, meaning.facts.base, cutoff, by_words)
    results = _ranked(query, request, found, by_words, cutoff)
    if results.nothing_matches or request.show_nearest:
        others = {k: w for k, w in windows.items() if k not in {v.video_id for v in results.videos}}
        results = replace(results, nearest=nearest_videos(rows, others, scores, meaning.facts.base)[:N_NEAREST])
    if results.nothing_matches:
        results = replace(results, typical=_typical(meaning.scorer, pool))
    return replace(results, notice=meaning.scorer.notice)


def _meaning(query: Query, pool: Pool, embedding: npt.NDArray[np.float32], n_anchors: int) -> Meaning:
    scorer = scorer_for(pool.space)
    facts = LibraryFacts(n_anchors, library.mean_embedding(pool.space, pool.library_ids))
    return Meaning(embedding, scorer, scorer.facts(embedding, query.text, facts))


def score_windows(windows: dict[UUID, Windows], meaning: Meaning) -> dict[UUID, npt.NDArray[np.float32]]:
    """The calibrated score of every window; its margin is to the best window of any other video."""
    best = sorted(((w.best, video_id) for video_id, w in windows.items()), reverse=True)
    scores = {}
    for video_id, w in windows.items():
        # A library of one video has no other: the background stands in for it.
        other = next((s for s, other_id in best if other_id != video_id), meaning.facts.crest)
        scores[video_id] = meaning.scorer.scores(w.similarities, w.similarities - other, meaning.facts)
    return scores


def _ranked(
    query: Query, request: SearchRequest, found: list[VideoHits], by_words: list[Candidate], cutoff: float
) -> Results:
    """Fused once more, now with exact scores; equal places go by score, then by id, so the order is stable."""
    by_score = sorted((v for v in found if not found_by_words_alone(v)), key=lambda v: (-v.score, v.video_id))
    kept = {v.video_id for v in found}
    words = [c.video_id for c in by_words if c.video_id in kept]
    fused = reciprocal_rank([v.video_id for v in by_score], words)
    videos = sorted(found, key=lambda v: (-fused[v.video_id], -v.score, v.video_id))[: request.limit]
    return Results(
        text=query.text,
        videos=videos,
        n_moments=sum(len(v.hits) for v in videos),
        n_videos=len(videos),
        nothing_matches=not videos,
        nearest=[],
        typical=[],
        took_ms=0.0,
        cutoff=cutoff,
    )


def _words_only(query: Query, request: SearchRequest, by_words: list[Candidate], problem: str) -> Results:
    """What titles and captions alone give, with a sentence that says why."""
    rows = Video.objects.in_bulk([c.video_id for c in by_words])
    found = gather(rows, {}, {}, 0.0, 1.0, by_words)
    notice = f"{problem.rstrip('.')}: only titles and captions were searched."
    return replace(_ranked(query, request, found, by_words, 0.0), words_only=True, notice=notice)


def _empty(query: Query, request: SearchRequest) -> Results:
    """Nothing was asked, or there is nothing to search yet."""
    return _ranked(query, request, [], [], 0.0)


def _typical(scorer: Scorer, pool: Pool) -> list[str]:
    if not isinstance(scorer, Calibration):
        return []
    return library.typical(pool.space, pool.library_ids, scorer.references)


def _spans(chosen: list[UUID], *rankings: Sequence[Candidate]) -> dict[UUID, list[tuple[float, float]]]:
    """Where to look closer in each video: the first few candidates of each ranking."""
    spans: dict[UUID, list[tuple[float, float]]] = {video_id: [] for video_id in chosen}
    for ranking in rankings:
        taken: Counter[UUID] = Counter()
        for candidate in ranking:
            if candidate.video_id in spans and taken[candidate.video_id] < N_SPANS:
                taken[candidate.video_id] += 1
                spans[candidate.video_id].append((candidate.start_s, candidate.end_s))
    return spans


def _done(results: Results, started: float) -> Results:
    return replace(results, took_ms=1000 * (time.perf_counter() - started))


def heat_map(video: Video, text: str, engine: Engine) -> list[HeatStep]:
    """The query along the whole video, one step a stride: the line under the scrubber. Empty before it is indexed.

    Raises EngineError where the model is away or has changed.
    """
    query, space = parse(text), active_space()
    if space is None or not query.has_words:
        return []
    embedding = encode([query.text], space, engine)[0]
    pool = Pool(space, (video.library_id,))
    n_anchors = count_anchors(pool)
    others = [c for c in nearest_anchors(pool, embedding, n_anchors) if c.video_id != video.pk][:1]
    everything = {video.pk: [(0.0, float("inf"))]}
    windows = read_windows(space, embedding, everything | _spans([c.video_id for c in others], others))
    if video.pk not in windows:
        return []
    own = windows[video.pk]
    scores = score_windows(windows, _meaning(query, pool, embedding, n_anchors))[video.pk]
    duration_s = max(video.duration_s or 0.0, float(own.times[:, 1].max()))
    n_steps = heat_steps(own, duration_s, at_most=MAX_TIMELINE_STEPS)
    edges = np.linspace(0, duration_s, n_steps + 1)
    lines = zip(heat(own, own.similarities, duration_s, n_steps), heat(own, scores, duration_s, n_steps), strict=True)
    return [HeatStep(float(edges[i]), float(edges[i + 1]), *values) for i, values in enumerate(lines)]
