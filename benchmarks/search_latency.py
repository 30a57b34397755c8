"""How long does a search take? p50, p95 and p99 against the number of segments, through search() and through HTTP.

    python -m benchmarks.search_latency [--preset small] [--segments 1000 10000 100000] [--queries 200]
    SEEKFRAME_PASSWORD=... python -m benchmarks.search_latency --url http://localhost:8000 --user NAME

The first form stores streams made of wandering embeddings, half an hour to a video, in a throw-away database with the
space's own index, and asks it from one thread; the query is encoded in this process. The second asks a running site,
with whatever it holds.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.queries import QUERIES, numbered

VIDEO_WINDOWS = 900  # half an hour
RUN_WINDOWS = 10  # how long one meaning lasts
SEED = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--segments", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--url")
    parser.add_argument("--user")
    options = parser.parse_args()
    if options.url:
        print(json.dumps(through_http(options.url, options.user, options.queries)))
    else:
        print(json.dumps(through_search(options.preset, sorted(options.segments), options.queries)))


def timed(ask: Callable[[str], object], n: int) -> dict[str, float]:
    """Milliseconds a query, each asked once; the first few warm what a running site has warm."""
    for text in QUERIES[:5]:
        ask(text)
    took = []
    for text in numbered(0, n):
        started = time.perf_counter()
        ask(text)
        took.append(1000 * (time.perf_counter() - started))
    return {f"p{p}_ms": round(float(np.percentile(took, p)), 1) for p in (50, 95, 99)}


def through_search(preset: str, sizes: list[int], n_queries: int) -> list[dict[str, object]]:
    from django.db import connection

    import benchmarks.services  # noqa: F401  # starts Postgres and sets Django up
    from benchmarks.libraries import store_embeddings
    from indexer import services
    from indexer.models import Anchor, Segment
    from model_server.local import load_engine
    from search.engine import SearchRequest, search

    engine = load_engine(preset, "cpu")
    library = services.library_create(name="wandering", owner=None)
    rng = np.random.default_rng(SEED)
    figures: list[dict[str, object]] = []
    for size in sizes:
        while (n := Segment.objects.count()) < size:
            n_videos = max(1, min(20, (size - n) * RUN_WINDOWS // VIDEO_WINDOWS))
            store_embeddings(library, [wandering(engine.space.dim, rng) for _ in range(n_videos)], engine)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        row: dict[str, object] = {"segments": n, "anchors": Anchor.objects.count()}
        row |= timed(lambda text: search(SearchRequest(text, (library.pk,), plain=True), engine), n_queries)
        row["encode_ms"] = timed(lambda text: engine.encode_texts([text]), 20)["p50_ms"]
        print(row)
        figures.append(row)
    return figures


def wandering(dim: int, rng: np.random.Generator) -> np.ndarray:
    """A stream whose meaning lasts some windows and then changes, with noise as real ones have."""
    n_runs = VIDEO_WINDOWS // RUN_WINDOWS
    meanings = np.repeat(rng.normal(size=(n_runs, dim)), RUN_WINDOWS, axis=0)  # (n, D)
    noisy = meanings + 0.35 * rng.normal(size=meanings.shape)
    unit: np.ndarray = (noisy / np.linalg.norm(noisy, axis=1, keepdims=True)).astype(np.float32)
    return unit


def through_http(url: str, user: str | None, n_queries: int) -> dict[str, float]:
    import httpx

    with httpx.Client(base_url=url, follow_redirects=True, timeout=30) as client:
        if user:
            sign_in(client, user)

        def ask(text: str) -> None:
            answer = client.get("/search", params={"q": text})
            answer.raise_for_status()
            if answer.url.path != "/search":
                raise SystemExit("The site asks to sign in: give --user and SEEKFRAME_PASSWORD.")

        return timed(ask, n_queries)


def sign_in(client: Any, user: str) -> None:
    client.get("/sign-in").raise_for_status()
    token = client.cookies.get("csrftoken", "")
    form = {"username": user, "password": os.environ["SEEKFRAME_PASSWORD"], "csrfmiddlewaretoken": token}
    client.post("/sign-in", data=form, headers={"Referer": str(client.base_url)}).raise_for_status()


if __name__ == "__main__":
    main()
