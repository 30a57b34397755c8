"""Search: from a person's words to moments (design section 5). Reads top to bottom."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from indexer.models import Video
from indexer.spaces import active_space
from model_server.engine import Engine, EngineError
from search import library
from search.by_example import composed, without_itself
from search.calibrate import Calibration, Scorer
from search.captions import with_captions
from search.criteria import criteria_of, verify
from search.encoding import encode
from search.exclude import exclude
from search.fuse import reciprocal_rank
from search.gather import found_by_words_alone, gather, nearest_videos
from search.likeness import ALONE, WITH_WORDS
from search.lines import FoundLine, lines_by_words
from search.meaning import Meaning, likeness_of, meaning_of, score_windows
from search.order import find_steps, gather_chains
from search.query import Query, QueryError, Step, in_words, parse, plain
from search.refine import read_windows, within
from search.results import Example, Hit, Results, SearchRequest, VideoHits
from search.retrieve import Candidate, Pool, count_anchors, nearest_anchors, segments_by_words, spans_around, spans_of

__all__ = ["Hit", "Results", "SearchRequest", "VideoHits", "search"]

Array = npt.NDArray[np.float32]

N_NEAREST = 5
NOTHING: Array = np.empty((0, 0), np.float32)
Rankings = tuple[()] | tuple[list[Candidate], list[FoundLine]]  # by words: segments, and lines


@dataclass(frozen=True, eq=False)
class Sought:
    """What one search looks for, in embeddings and in words."""

    meanings: list[Meaning]  # what is wanted, then what is not: in the order of the step's texts
    n_anchors: int  # that may be searched
    criteria: Array = field(default_factory=NOTHING.copy)  # (k, D) the query's parts
    by_words: list[Candidate] = field(default_factory=list)
    by_lines: list[FoundLine] = field(default_factory=list)


def search(request: SearchRequest, engine: Engine) -> Results:
    """The moments that answer the request, grouped by video, best first.

    Where the model does not answer, or is not the one the videos were indexed with, titles, captions and lines are
    still searched, and `notice` says so.
    """
    started = time.perf_counter()
    query = plain(request.text) if request.plain else parse(request.text)
    space = active_space()
    if space is None or not (query.has_words or request.example) or not request.library_ids:
        return _done(_empty(query, request), started)
    pool = Pool(space, request.library_ids, request.filters)
    if request.example is not None:
        return _done(with_captions(_search_like(query, request.example, request, pool, engine), space), started)
    if len(query.steps) > 1:
        return _done(_search_in_order(query, request, pool, engine), started)
    (step,) = query.steps
    pool = replace(pool, phrases=step.phrases)
    words = " ".join(step.phrases) or step.text
    by_words, by_lines = segments_by_words(pool, words, step.without), lines_by_words(pool, words, step.without)
    texts = step.texts
    try:
        embeddings = encode([*texts, *criteria_of(step)], space, engine)
    except EngineError as problem:
        return _done(with_captions(_words_only(query, request, (by_words, by_lines), str(problem)), space), started)
    n_anchors = count_anchors(pool)
    meanings = [meaning_of(t, e, pool, n_anchors) for t, e in zip(texts, embeddings, strict=False)]
    sought = Sought(meanings, n_anchors, embeddings[len(texts) :], by_words, by_lines)
    return _done(with_captions(_search_both(query, request, pool, sought), space), started)


def _search_like(query: Query, example: Example, request: SearchRequest, pool: Pool, engine: Engine) -> Results:
    """What looks like the example; with words, like it but as they say."""
    if len(query.steps) > 1:
        raise QueryError("Something shown can be searched with words, but not with “then”.", 1)
    (step,) = query.steps
    pool = replace(pool, phrases=step.phrases)
    said, others = ([step.text] if step.has_words else []), step.texts[1:]
    texts = [*said, *others]
    try:
        embeddings = encode(texts, pool.space, engine) if texts else NOTHING
    except EngineError as problem:
        alone = _search_like(replace(query, steps=(Step(""),)), example, request, pool, engine)
        return replace(alone, notice=f"{str(problem).rstrip('.')}: your words were left out.")
    wanted = composed(example, embeddings[0]) if said else example.embedding
    n_anchors = count_anchors(pool)
    meanings = [
        likeness_of(wanted, WITH_WORDS if said else ALONE, pool, n_anchors),
        *(meaning_of(t, e, pool, n_anchors) for t, e in zip(others, embeddings[len(said) :], strict=True)),
    ]
    results = _search_both(query, request, pool, Sought(meanings, n_anchors))
    return replace(results, example=example.said)


def _search_both(query: Query, request: SearchRequest, pool: Pool, sought: Sought) -> Results:
    """By meaning and by words."""
    (step,) = query.steps
    meaning, by_words, by_lines = sought.meanings[0], sought.by_words, sought.by_lines
    embeddings = np.stack([*(m.embedding for m in sought.meanings), *sought.criteria])
    by_meaning = nearest_anchors(pool, meaning.embedding, sought.n_anchors)
    fused = reciprocal_rank(*([c.video_id for c in ranking] for ranking in (by_meaning, by_words, by_lines)))
    chosen = list(fused)[request.looked_at]
    read = read_windows(pool.space, embeddings, spans_around(chosen, by_meaning, by_words, by_lines))
    windows = exclude(step, read[: len(sought.meanings)], sought.meanings)
    if request.example is not None:
        windows = without_itself(windows, request.example)
    told = {c.video_id for c in by_lines if c.video_id in windows}
    if pool.picks_segments:
        windows = within(windows, spans_of(pool, list(windows)))
    cutoff = meaning.scorer.cutoff if request.cutoff is None else request.cutoff
    scores = score_windows(windows, meaning)
    rows = _facts([*windows, *(told - set(windows))])
    found = gather(rows, windows, scores, meaning.facts.base, cutoff, by_words, by_lines)
    results = _found(query, request, found, (by_words, by_lines), cutoff, len(fused))
    if len(sought.criteria):
        of_criteria = read[len(sought.meanings) :]
        results = verify(results, criteria_of(step), sought.criteria, of_criteria, pool.space, request.must)
    results = _page(results, request)
    if results.nothing_matches or request.show_nearest:
        left = {k: w for k, w in windows.items() if k not in {v.video_id for v in results.videos}}
        results = replace(results, nearest=nearest_videos(rows, left, scores, meaning.facts.base, N_NEAREST))
    return _explained(results, pool, meaning)


def _search_in_order(query: Query, request: SearchRequest, pool: Pool, engine: Engine) -> Results:
    """Moments of each step, in this order, in one video. By meaning alone: titles have no order."""
    try:
        steps, n_candidates = find_steps(query, pool, engine, request.looked_at)
    except EngineError as problem:
        return replace(_words_only(query, request, (), str(problem)), notice=f"{str(problem).rstrip('.')}.")
    cutoff = steps[0].meaning.scorer.cutoff if request.cutoff is None else request.cutoff
    rows = _facts(list(steps[0].windows))
    found = gather_chains(rows, steps, query.within_s, cutoff)
    results = _ranked(query, request, found, (), cutoff, n_candidates)
    if results.nothing_matches:
        near = gather_chains(rows, steps, query.within_s, float("-inf"), limit=1)
        near = sorted(near, key=lambda v: (-v.score, v.video_id))
        results = replace(results, nearest=near[:N_NEAREST])
    return with_captions(_explained(results, pool, steps[0].meaning), pool.space)


def _facts(video_ids: Sequence[UUID]) -> dict[UUID, Video]:
    """What results say of the videos; the rest of a row is long."""
    return Video.objects.only("title", "library", "duration_s", "created_at").in_bulk(video_ids)


def _explained(results: Results, pool: Pool, meaning: Meaning) -> Results:
    if results.nothing_matches:
        results = replace(results, typical=_typical(meaning.scorer, pool))
    return replace(results, notice=meaning.scorer.notice, answered_by=f"{pool.space.model} {pool.space.version}")


def _ranked(
    query: Query,
    request: SearchRequest,
    found: list[VideoHits],
    by_words: Rankings,
    cutoff: float,
    n_candidates: int = 0,
) -> Results:
    """One page of what was found, in the order asked for."""
    return _page(_found(query, request, found, by_words, cutoff, n_candidates), request)


def _page(results: Results, request: SearchRequest) -> Results:
    """The page's share, where all candidates were looked at. After the query's parts have spoken: they take hits away,
    and with them a video's first place."""
    if request.sort == "best":
        return results
    if request.sort == "place":
        ordered = sorted(results.videos, key=lambda v: (v.in_time[0].start_s, -v.score, v.video_id))
    else:
        by_date = request.sort == "newest"
        ordered = sorted(results.videos, key=lambda v: (v.created_at, v.video_id), reverse=by_date)
    videos = ordered[request.window]
    return replace(
        results,
        videos=videos,
        n_moments=sum(len(v.hits) for v in videos),
        n_videos=len(videos),
        has_more=len(ordered) > request.window.stop,
    )


def _found(
    query: Query,
    request: SearchRequest,
    found: list[VideoHits],
    by_words: Rankings,
    cutoff: float,
    n_candidates: int,
) -> Results:
    """All that was found; by score it is the page's own."""
    videos = _by_score(found, by_words) if request.sort == "best" else found
    return Results(
        text=query.text,
        said=in_words(query),
        videos=videos,
        n_moments=sum(len(v.hits) for v in videos),
        n_videos=len(videos),
        nothing_matches=not videos and request.page == 0,
        nearest=[],
        typical=[],
        took_ms=0.0,
        cutoff=cutoff,
        has_more=n_candidates > request.window.stop,
    )


def _by_score(found: list[VideoHits], by_words: Rankings) -> list[VideoHits]:
    """Fused once more, now with exact scores; equal places go by score, then by id, so the order is stable."""
    by_score = sorted((v for v in found if not found_by_words_alone(v)), key=lambda v: (-v.score, v.video_id))
    kept = {v.video_id for v in found}
    words = [[c.video_id for c in ranking if c.video_id in kept] for ranking in by_words]
    fused = reciprocal_rank([v.video_id for v in by_score], *words)
    return sorted(found, key=lambda v: (-fused[v.video_id], -v.score, v.video_id))


def _words_only(query: Query, request: SearchRequest, by_words: Rankings, problem: str) -> Results:
    """What titles, captions and lines alone give, with a sentence that says why."""
    candidates = list(reciprocal_rank(*([c.video_id for c in ranking] for ranking in by_words)))
    rows = _facts(candidates[request.looked_at])
    found = gather(rows, {}, {}, 0.0, 1.0, *by_words) if by_words else []
    said = any(hit.quote for video in found for hit in video.hits)
    where = "titles, captions and transcripts" if said else "titles and captions"
    notice = f"{problem.rstrip('.')}: only {where} were searched."
    ranked = _ranked(query, request, found, by_words, 0.0, len(candidates))
    return replace(ranked, words_only=True, notice=notice)


def _empty(query: Query, request: SearchRequest) -> Results:
    """Nothing was asked, or there is nothing to search yet."""
    return _ranked(query, request, [], (), 0.0)


def _typical(scorer: Scorer, pool: Pool) -> list[str]:
    if not isinstance(scorer, Calibration):
        return []
    return library.typical(pool.space, pool.library_ids, scorer.references)


def _done(results: Results, started: float) -> Results:
    return replace(results, took_ms=1000 * (time.perf_counter() - started))
