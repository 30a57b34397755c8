"""The query along one video: the line under the scrubber."""

import numpy as np

from indexer.models import Video
from indexer.spaces import active_space
from model_server.engine import Engine
from search.encoding import encode
from search.exclude import masks
from search.meaning import meaning_of, score_windows
from search.query import QueryError, parse
from search.refine import heat, heat_steps, read_windows
from search.results import HeatStep
from search.retrieve import Pool, count_anchors, nearest_anchors, spans_around

MAX_STEPS = 2000  # more than a screen has points


def heat_map(video: Video, text: str, engine: Engine) -> list[HeatStep]:
    """The query along the whole video, one step a stride. Empty before it is indexed, and where nothing is asked.

    Where several moments are asked for in order, each place shows the one it is nearest to; what a minus or
    `rather than` takes away is nought. Raises EngineError where the model is away or has changed.
    """
    space = active_space()
    try:
        query = parse(text)
    except QueryError:
        return []
    if space is None or not query.has_words:
        return []
    texts = [text for step in query.steps for text in step.texts]
    embeddings = encode(texts, space, engine)
    pool = Pool(space, (video.library_id,))
    n_anchors = count_anchors(pool)
    near = [c for e in embeddings for c in nearest_anchors(pool, e, n_anchors) if c.video_id != video.pk]
    others = list(dict.fromkeys(c.video_id for c in near))[: len(texts)]
    read = iter(read_windows(space, embeddings, spans_around(others, near) | {video.pk: [(0.0, float("inf"))]}))
    meanings = iter(meaning_of(text, e, pool, n_anchors) for text, e in zip(texts, embeddings, strict=True))
    lines = []
    for step in query.steps:
        windows, meant = [next(read) for _ in step.texts], [next(meanings) for _ in step.texts]
        if video.pk not in windows[0]:
            return []
        own = windows[0][video.pk]
        scores = score_windows(windows[0], meant[0])[video.pk] * masks(step, windows, meant)[video.pk]
        duration_s = max(video.duration_s or 0.0, float(own.times[:, 1].max()))
        n_steps = heat_steps(own, duration_s, at_most=MAX_STEPS)
        lines.append([heat(own, own.similarities, duration_s, n_steps), heat(own, scores, duration_s, n_steps)])
    similarities, scored = np.array(lines).max(axis=0)
    edges = np.linspace(0, duration_s, n_steps + 1)
    return [
        HeatStep(float(edges[i]), float(edges[i + 1]), float(similarities[i]), float(scored[i])) for i in range(n_steps)
    ]
