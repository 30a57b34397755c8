"""What a caption costs beside the embedding it is written from, on this machine.

    python -m benchmarks.caption_cost [--preset small] [--rounds 8]

Captions are decoded from the predicted embeddings that lie beside the weights; `embedding` is the x-encoder and the
predictor over full clips of noise, 16 at a time as indexing does, in milliseconds a clip. Times are medians of rounds,
one thing at a time, after a round that is not counted.
"""

import benchmarks.services  # noqa: F401, I001  # first: it starts Postgres and sets Django up

import argparse
import json
import time
from collections.abc import Callable

import numpy as np

from model_server.engine import Clips
from model_server.local import LocalEngine, load_engine
from search.calibrate import directory, unpack

BATCHES = (1, 8)
CLIPS = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--rounds", type=int, default=8)
    options = parser.parse_args()
    engine = load_engine(options.preset, "cpu")
    with np.load(directory(options.preset) / "background.npz") as arrays:
        embeddings = unpack(arrays["background"])
    rng = np.random.default_rng(0)
    clips = noise(engine, rng)
    found = {"embedding_ms": median_ms(lambda _: engine.predict(clips), options.rounds) / CLIPS}
    for n in BATCHES:
        rows = [embeddings[rng.permutation(len(embeddings))[:n]] for _ in range(options.rounds * 4 + 1)]
        found[f"caption_ms_batch_{n}"] = median_ms(lambda k, rows=rows: engine.decode(rows[k]), options.rounds * 4) / n  # type: ignore[misc]
    print(json.dumps(found))


def noise(engine: LocalEngine, rng: np.random.Generator) -> Clips:
    side, length = engine.space.frame_px, engine.space.clip_frames
    frames = rng.integers(0, 255, (CLIPS * length, side, side, 3), np.uint8)
    return Clips(frames, np.arange(CLIPS * length, dtype=np.int32).reshape(CLIPS, length))


def median_ms(work: Callable[[int], object], rounds: int) -> float:
    """The first round warms up."""
    taken = []
    for k in range(rounds + 1):
        start = time.perf_counter()
        work(k)
        taken.append(1000 * (time.perf_counter() - start))
    return float(np.median(taken[1:]))


if __name__ == "__main__":
    main()
