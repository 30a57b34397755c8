"""The index over anchors, asked by SQL as search asks it: run by `benchmarks.large_library` inside a running product.

`recall`: the share of the exactly nearest ten that the product's own query brings among its first ten.
`kinds`: the product's index and others over the same anchors, each built beside it and dropped again.
"""

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TOP = 10
OWN = "halfvec"  # what indexer.spaces builds
RERANKED = 1000  # candidates by bits that are sorted by their true distance


@dataclass(frozen=True)
class Kind:
    """An index: what it is over, and the query that walks it."""

    name: str
    expression: str
    operators: str
    ask: str


def kinds(dim: int, space: int) -> list[Kind]:
    half, single = f"embedding::halfvec({dim})", f"embedding::vector({dim})"
    bits = f"binary_quantize(embedding::halfvec({dim}))::bit({dim})"
    here = f"FROM indexer_anchor WHERE space_id = {space}"
    near = f"SELECT id {here} ORDER BY {{}} LIMIT {TOP}"
    among = (
        f"WITH near AS MATERIALIZED (SELECT id, embedding {here} ORDER BY {bits} <~>"
        f" binary_quantize(%(query)s::halfvec({dim}))::bit({dim}) LIMIT {RERANKED})"
        f" SELECT id FROM near ORDER BY embedding::halfvec({dim}) <=> %(query)s::halfvec({dim}) LIMIT {TOP}"
    )
    return [
        Kind(OWN, half, "halfvec_cosine_ops", near.format(f"{half} <=> %(query)s::halfvec({dim})")),
        Kind("vector", single, "vector_cosine_ops", near.format(f"{single} <=> %(query)s::vector({dim})")),
        Kind("bit, re-ranked", bits, "bit_hamming_ops", among),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, required=True)
    parser.add_argument("--part", choices=("recall", "kinds"), required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    import django

    django.setup()
    from django.conf import settings

    from benchmarks.queries import QUERIES
    from indexer.spaces import active_space
    from model_server.client import RemoteEngine

    space = active_space()
    assert space is not None
    texts = [f"{QUERIES[i % len(QUERIES)]}, seen {i // len(QUERIES)} times" for i in range(options.queries)]
    queries = RemoteEngine(settings.MODEL_SERVER_URL, settings.MODEL_SERVER_TOKEN).encode_texts(texts)
    part = recall if options.part == "recall" else compare
    options.out.write_text(json.dumps(part(space, queries)))


def recall(space: Any, queries: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
    from datetime import timedelta

    from django.utils import timezone

    from indexer.models import Library
    from search.filters import Filters
    from search.retrieve import Pool, count_anchors, nearest_anchors, scan

    everything = tuple(Library.objects.exclude(is_sample=True).values_list("pk", flat=True))
    named = {name: (pk,) for name, pk in Library.objects.values_list("name", "pk")}
    now = timezone.now()
    cases = {
        "everything": Pool(space, everything),
        "a library of 15 %": Pool(space, named["a seventh"]),
        "a library of 5 %": Pool(space, named["a twentieth"]),
        "the last year": Pool(space, everything, Filters(date_from=now - timedelta(days=365))),
        "the last 30 days": Pool(space, everything, Filters(date_from=now - timedelta(days=30))),
        "a library of 15 %, the last year": Pool(
            space, named["a seventh"], Filters(date_from=now - timedelta(days=365))
        ),
    }
    rows = []
    for name, pool in cases.items():
        shares, took = [], []
        n = count_anchors(pool)
        for query in queries:
            began = time.perf_counter()
            found = nearest_anchors(pool, query, n)[:TOP]
            took.append(1000 * (time.perf_counter() - began))
            exact = scan(pool, query)[:TOP]
            shares.append(len(set(found) & set(exact)) / len(exact))
        rows.append({"searched": name, "recall_at_10": round(float(np.mean(shares)), 4), **times(took)})
        print(rows[-1], flush=True)
    return rows


def compare(space: Any, queries: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
    """The product's own index first, as it stands; the others are built beside it, one at a time."""
    from indexer.spaces import index_name
    from search.retrieve import literal

    written = [{"query": literal(q)} for q in queries]
    exact = nearest_exactly(space, queries)
    rows = []
    with _cursor() as cursor:
        cursor.execute("SET hnsw.ef_search = 1000")
        for kind in kinds(space.dim, space.pk):
            name = index_name(space) if kind.name == OWN else "anchor_tried"
            try:
                built_s = None if kind.name == OWN else built(cursor, kind, space)
                cursor.execute("SELECT pg_relation_size(%s::regclass)", [name])
                row = {"kind": kind.name, "built_s": built_s, "bytes": cursor.fetchone()[0]}
                rows.append({**row, **asked(cursor, kind, written, exact)})
            finally:
                cursor.execute("DROP INDEX IF EXISTS anchor_tried")
            print(rows[-1], flush=True)
    return rows


def built(cursor: Any, kind: Kind, space: Any) -> int:
    """Seconds."""
    from indexer.spaces import GRAPH

    began = time.monotonic()
    cursor.execute(
        f"CREATE INDEX anchor_tried ON indexer_anchor USING hnsw (({kind.expression}) {kind.operators})"
        f" {GRAPH} WHERE space_id = {space.pk:d}"
    )
    return round(time.monotonic() - began)


def asked(cursor: Any, kind: Kind, written: list[dict[str, str]], exact: list[list[int]]) -> dict[str, Any]:
    for query in written:  # once, so that its pages are in memory
        cursor.execute(kind.ask, query)
    shares, took = [], []
    for query, nearest in zip(written, exact, strict=True):
        started = time.perf_counter()
        cursor.execute(kind.ask, query)
        found = {key for (key,) in cursor.fetchall()}
        took.append(1000 * (time.perf_counter() - started))
        shares.append(len(found & set(nearest)) / TOP)
    return {"recall_at_10": round(float(np.mean(shares)), 4), **times(took)}


def nearest_exactly(space: Any, queries: npt.NDArray[np.float32]) -> list[list[int]]:
    """Ids of the nearest ten of each query, by single precision over what is stored."""
    from django.db import transaction

    from search.library import read_vector

    best, keys = np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
    sql = f"SELECT id, embedding FROM indexer_anchor WHERE space_id = {space.pk:d}"
    with transaction.atomic(), _cursor() as cursor:
        cursor.execute(f"DECLARE anchors NO SCROLL CURSOR FOR {sql}")
        while rows := _fetched(cursor):
            block = np.stack([read_vector(text) for _, text in rows])  # (n, D)
            block /= np.linalg.norm(block, axis=1, keepdims=True)
            best = np.concatenate([best, queries @ block.T], axis=1)
            keys = np.concatenate([keys, np.tile([key for key, _ in rows], (len(queries), 1))], axis=1)
            first = np.argsort(-best, axis=1)[:, :TOP]
            best, keys = np.take_along_axis(best, first, 1), np.take_along_axis(keys, first, 1)
        cursor.execute("CLOSE anchors")
    return [[int(key) for key in row] for row in keys]


def _fetched(cursor: Any) -> list[tuple[int, str]]:
    cursor.execute("FETCH 20000 FROM anchors")
    rows: list[tuple[int, str]] = cursor.fetchall()
    return rows


def times(took: list[float]) -> dict[str, float]:
    return {f"p{p}_ms": round(float(np.percentile(took, p)), 1) for p in (50, 99)}


def _cursor() -> Any:
    from django.db import connection

    return connection.cursor()


if __name__ == "__main__":
    main()
