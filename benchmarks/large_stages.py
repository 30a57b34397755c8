"""Where the time of a search goes among many segments, in one thread: run by `benchmarks.large_library`.

Each stage is called as `search.engine` calls it, query by query, beside the whole search of the same words.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

R = TypeVar("R")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    options.out.write_text(json.dumps(stages(options.queries)))


class Clock:
    """Milliseconds of each stage, query by query."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {}

    def time(self, name: str, work: Callable[[], R]) -> R:
        began = time.perf_counter()
        done = work()
        self.took.setdefault(name, []).append(1000 * (time.perf_counter() - began))
        return done


def stages(n_queries: int) -> dict[str, Any]:
    """p50 and p99 of each; `rest_ms` is a search without the walk and the reading."""
    from django.conf import settings

    from benchmarks.queries import QUERIES
    from indexer.models import Library
    from indexer.spaces import active_space
    from model_server.client import RemoteEngine
    from search.engine import SearchRequest, search
    from search.refine import read_windows
    from search.retrieve import Pool, count_anchors, nearest_anchors, segments_by_words, spans_around

    space = active_space()
    assert space is not None
    engine = RemoteEngine(settings.MODEL_SERVER_URL, settings.MODEL_SERVER_TOKEN)
    libraries = tuple(Library.objects.exclude(is_sample=True).values_list("pk", flat=True))
    pool, clock = Pool(space, libraries), Clock()
    for i in range(n_queries):
        words = f"{QUERIES[i % len(QUERIES)]} {i}"
        embeddings = clock.time("encode", lambda: engine.encode_texts([words]))  # noqa: B023
        by_words = clock.time("words", lambda: segments_by_words(pool, words))  # noqa: B023
        n = clock.time("count", lambda: count_anchors(pool))
        near = clock.time("walk", lambda: nearest_anchors(pool, embeddings[0], n))  # noqa: B023
        request = SearchRequest(f"{words} again", libraries, plain=True)
        chosen = list(dict.fromkeys(c.video_id for c in near))[request.looked_at]
        clock.time("read", lambda: read_windows(space, embeddings, spans_around(chosen, near, by_words)))  # noqa: B023
        clock.time("search", lambda: search(request, engine))  # noqa: B023
    took = {name: np.array(values[n_queries // 10 :]) for name, values in clock.took.items()}
    took["rest"] = np.maximum(took["search"] - took["walk"] - took["read"], 0)
    return {f"{name}_ms": [round(float(np.percentile(t, p)), 1) for p in (50, 99)] for name, t in took.items()}


if __name__ == "__main__":
    main()
