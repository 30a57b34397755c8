"""What a query goes through: ours, brute force in numpy, and text encoders beside the y-encoder."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.contender import NoFigure, Plan, Ready, spent
from benchmarks.loaded import engine_of, faster_dtype
from benchmarks.queries import QUERIES, numbered
from benchmarks.search_latency import RUN_WINDOWS, SEED, VIDEO_WINDOWS, wandering
from model_server.presets import OPEN_VLJEPA
from model_server.vljepa.mpnet import FOLDER, mpnet_tokenizer
from model_server.vljepa.packages import MPNET, MPNET_PARTS, joined_zip, read_pinned
from model_server.vljepa.y_encoder import YEncoder

VIDEOS_A_TIME = 20
BATCH = 32  # texts
WARM_UP = QUERIES[:5]
EXTRA = "it needs one more package: pip install --no-deps -r requirements/evaluation.txt"


def search(plan: Plan) -> Ready:
    from django.db import connection

    import benchmarks.services  # noqa: F401  # starts Postgres and sets Django up
    from benchmarks.libraries import store_embeddings
    from indexer import services
    from indexer.models import Anchor, Segment
    from search.engine import SearchRequest
    from search.engine import search as ask

    engine = engine_of(plan)
    library = services.library_create(name="wandering", owner=None)
    streams = streams_of(plan, engine.space.dim)
    for i in range(0, len(streams), VIDEOS_A_TIME):
        store_embeddings(library, streams[i : i + VIDEOS_A_TIME], engine)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Ready(
        asking(plan, lambda text: ask(SearchRequest(text, (library.pk,), plain=True), engine)),
        f"search() in this process, with Postgres (whose memory stands apart): {Segment.objects.count():,} segments, "
        f"{Anchor.objects.count():,} anchors; results with moments, calibrated",
    )


def brute_force(plan: Plan) -> Ready:
    engine = engine_of(plan)
    windows = np.concatenate(streams_of(plan, engine.space.dim))  # (n, D)
    return Ready(
        asking(plan, lambda text: np.argsort(windows @ engine.encode_texts([text])[0])[::-1]),
        f"the same y-encoder, a product with all {len(windows):,} windows in float32, argsort; an order and no more",
    )


def streams_of(plan: Plan, dim: int) -> list[np.ndarray]:
    """The same for whoever asks: as many half hours as make that many segments."""
    rng = np.random.default_rng(SEED)
    return [wandering(dim, rng) for _ in range(ceil(plan.segments * RUN_WINDOWS / VIDEO_WINDOWS))]


def asking(plan: Plan, ask: Callable[[str], object]) -> Callable[[int], dict[str, float]]:
    """Rounds of queries that were never asked before, after some that were."""

    def play(number: int) -> dict[str, float]:
        took_ms, core_s = one_by_one(ask, numbered(number * plan.queries, plan.queries))
        p50, p95 = (float(np.percentile(took_ms, p)) for p in (50, 95))
        return {"ms": p50, "p95_ms": p95, "core_ms": 1000 * core_s / plan.queries}

    return play


def one_by_one(ask: Callable[[str], object], texts: list[str]) -> tuple[list[float], float]:
    """Milliseconds each, and seconds of computing for all."""
    for text in WARM_UP:
        ask(text)
    took_ms: list[float] = []

    def all_of_them() -> None:
        for text in texts:
            started = time.perf_counter()
            ask(text)
            took_ms.append(1000 * (time.perf_counter() - started))

    _, core_s = spent(all_of_them)
    return took_ms, core_s


def reading(plan: Plan, encode: Callable[[list[str]], object]) -> Callable[[int], dict[str, float]]:
    """Rounds of texts one at a time, and then many together."""
    n_batches = max(1, plan.queries // BATCH)

    def play(number: int) -> dict[str, float]:
        first = number * (plan.queries + n_batches * BATCH)
        took_ms, core_s = one_by_one(lambda text: encode([text]), numbered(first, plan.queries))
        batches = [numbered(first + plan.queries + k * BATCH, BATCH) for k in range(n_batches)]
        encode(batches[0])
        many_s, many_core_s = spent(lambda: [encode(batch) for batch in batches])
        return {
            "ms": float(np.median(took_ms)),
            "core_ms": 1000 * core_s / plan.queries,
            "many_ms": 1000 * many_s / (n_batches * BATCH),
            "many_core_ms": 1000 * many_core_s / (n_batches * BATCH),
        }

    return play


def y_encoder(plan: Plan) -> Ready:
    engine = engine_of(plan)
    engine.encode_texts(WARM_UP)
    config = engine.model.config.y_encoder
    small = "all-mpnet-base-v2 and a linear layer, ONNX Runtime, weights in eight bits"
    what = small if config.kind == "mpnet-base" else f"of the preset {plan.preset}"
    return Ready(reading(plan, engine.encode_texts), what)


def sentence_transformers(plan: Plan) -> Ready:
    """The very weights that the y-encoder is made of, loaded as their users load them."""
    if find_spec("sentence_transformers") is None:
        raise NoFigure(EXTRA)
    model = published(plan.folder / "sentence-transformers")
    return Ready(
        reading(plan, model.encode), "the same all-mpnet-base-v2 as published, float32, without our linear layer"
    )


def published(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    unpack(folder)
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def unpack(folder: Path) -> None:
    """The published layout, out of the packages that carry it."""
    folder.mkdir(exist_ok=True)
    with joined_zip(MPNET_PARTS) as archive:
        (folder / "model.safetensors").write_bytes(read_pinned(archive, *MPNET))
        small = [name for name in archive.namelist() if name.endswith((".json", ".txt"))]
        for name in small:
            path = folder / Path(name).relative_to(FOLDER)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(archive.read(name))
    (folder / "2_Normalize").mkdir(exist_ok=True)  # empty, so the archive left it out


def base_text(plan: Plan) -> Ready:
    config = OPEN_VLJEPA.y_encoder
    dtype = faster_dtype(BATCH)
    torch.manual_seed(0)
    encoder = YEncoder(config, OPEN_VLJEPA.dim).eval().requires_grad_(False).to(dtype)
    n_words = encoder.model.config.vocab_size
    words = mpnet_tokenizer()

    def encode(texts: list[str]) -> torch.Tensor:
        mask = words(texts, padding=True, return_tensors="pt")["attention_mask"]
        with torch.inference_mode():
            return encoder(torch.randint(1, n_words, mask.shape), mask)

    return Ready(
        reading(plan, encode),
        f"EmbeddingGemma-300M's layout, random weights, {str(dtype).removeprefix('torch.')}; as many random words as "
        "all-mpnet-base-v2 makes of the texts (its own tokenizer needs a hub)",
    )
