"""What search by example is worth, on the test photos of flickr8k: each photo is a video of one moment.

    python -m benchmarks.by_example --data DIR [--preset small] [--limit 1000]

*More like this.* Each photo is asked with. Two photos are alike where people said the same of them, as the fit of the
score has it (`search/fitting/likeness.py`; its photos are others). `first` is how often the nearest photo is alike, of
photos that have one; `precision` and `coverage` are of the hits above the fitted cut-off, and `calibration` the mean
score of those hits beside the share that is alike.

*Composed.* A photo of a dog on grass, and the words "in the snow": right is any photo of a dog in snow. What a photo
shows is what three of its five captions say. `composed` beside the photo alone and the words alone.
"""

import benchmarks.services  # noqa: F401, I001  # first: it starts Postgres and sets Django up

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_server.engine import Engine
from model_server.local import load_engine
from search.calibrate import QueryFacts
from search.fitting.data import Item, captioned, embed
from search.fitting.likeness import are_alike
from search.fitting.mixtures import mixtures
from search.likeness import ALONE, WITH_WORDS, likeness_for

Array = npt.NDArray[np.float32]

NO_FACTS = QueryFacts(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # a likeness has none


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--limit", type=int, default=1000)
    options = parser.parse_args()
    engine = load_engine(options.preset, "cpu")
    folder = options.data / "flickr8k"
    items = embed(folder, captioned(folder, "test")[: options.limit], engine)
    seen = np.stack([item.embeddings[0] for item in items])
    print(json.dumps({"more_like_this": more_like_this(items, seen, engine), "composed": mixed(items, seen, engine)}))


def more_like_this(items: Sequence[Item], seen: Array, engine: Engine) -> dict[str, float]:
    similar, alike = seen @ seen.T, are_alike(list(items), engine)
    np.fill_diagonal(similar, -1)
    np.fill_diagonal(alike, False)
    scorer = likeness_for(engine.space, ALONE)  # type: ignore[arg-type]  # it asks for the name and the version alone
    scores = scorer.scores(similar.ravel(), similar.ravel(), NO_FACTS)
    kept = (scores >= scorer.cutoff).reshape(similar.shape)
    has, first = alike.any(axis=1), similar.argmax(axis=1)
    return {
        "photos": len(items),
        "have_one_alike": float(has.mean()),
        "first": float(alike[np.arange(len(items)), first][has].mean()),
        "precision": float(alike[kept].mean()),
        "coverage": float(kept[alike].mean()),
        "hits_a_photo": float(kept.sum(axis=1).mean()),
        "mean_score": float(scores[kept.ravel()].mean()),
    }


def mixed(items: Sequence[Item], seen: Array, engine: Engine) -> dict[str, float]:
    scorer = likeness_for(engine.space, WITH_WORDS)  # type: ignore[arg-type]
    ranks: dict[str, list[int]] = {"picture": [], "words": [], "composed": []}
    kept, right_kept = 0, 0
    for mixture in mixtures(items, seen, engine):
        for way, query in (("picture", seen[mixture.asked]), ("words", mixture.words), ("composed", mixture.embedding)):
            order = np.argsort(-(seen @ query))
            ranks[way].append(int(mixture.right[order[order != mixture.asked]].argmax()))
        cosines = np.delete(seen @ mixture.embedding, mixture.asked)
        hits = scorer.scores(cosines, cosines, NO_FACTS) >= scorer.cutoff
        kept += int(hits.sum())
        right_kept += int((hits & np.delete(mixture.right, mixture.asked)).sum())
    found = {"queries": float(len(ranks["words"])), "precision": right_kept / max(kept, 1)}
    found["hits_a_query"] = kept / max(found["queries"], 1)
    for way, of_first in ranks.items():
        found |= {f"{way} R@{k}": float(100 * (np.array(of_first) < k).mean()) for k in (1, 5, 10)}
    return found


if __name__ == "__main__":
    main()
