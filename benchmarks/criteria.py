"""What the chips under hits cost ("person, yellow vest, carrying a box"), and how often they are right.

    python -m benchmarks.criteria --data DIR [--preset small] [--limit 1000] [--rounds 8]

On the test photos of flickr8k: each photo is a video of one moment. Queries name two or three things each, and one
page of 20 hits is asked for. *Cost*: every query with its chips and without them, turn by turn, so that whatever else
runs beside it slows both; `added` is the median of the differences, by the clock and in processor time of this process,
which other work hardly touches. *Right*: what a photo shows is what three of its
five captions name, and what it does not show is what none names; the rest is not counted.
"""

import benchmarks.services  # noqa: F401, I001  # first: it starts Postgres and sets Django up

import argparse
import itertools
import json
import re
import time
from collections import Counter
from pathlib import Path
from unittest import mock
from uuid import UUID

import numpy as np

from benchmarks.libraries import store_embeddings
from indexer.models import Library
from indexer.services import library_create
from model_server.engine import Engine
from model_server.local import load_engine
from search.engine import SearchRequest, search
from search.fitting.data import Item, captioned, embed
from search.results import Results

HITS = 20
LEAST_SAID = 3  # of five captions
# As a person would type it, and the words by which captions name it.
THINGS = {
    "a dog": r"dogs?",
    "snow": r"snow\w*",
    "a ball": r"(?:\w*ball|frisbee)s?",
    "a bicycle": r"(?:bi(?:cycle|ke|ker|cyclist)|cyclist)s?",
    "a horse": r"horses?",
    "water": r"(?:water|lake|river|ocean|sea|pool|pond|waves?)",
    "a skateboard": r"skateboard\w*",
    "a motorcycle": r"(?:motor(?:cycle|bike)|dirt ?bike)\w*",
    "a beach": r"(?:beach|sand|shore)",
    "a mountain": r"(?:mountain|cliff|rock)s?",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=8, help="how often each query is timed")
    options = parser.parse_args()
    engine = load_engine(options.preset, "cpu")
    folder = options.data / "flickr8k"
    items = embed(folder, captioned(folder, "test")[: options.limit], engine)
    library = library_create(name="photos", owner=None)
    ids = store_embeddings(library, [item.embeddings for item in items], engine)
    shown = dict(zip(ids, items, strict=True))
    print(json.dumps({"cost": cost(library, engine, options.rounds), "right": right(library, shown, engine)}))


def queries() -> list[tuple[str, ...]]:
    """Each thing with the next ones: as many with two parts as with three."""
    names = list(THINGS)
    round_about = [names[i:] + names[:i] for i in range(len(names))]
    return [tuple(row[:n]) for n in (2, 3) for row in round_about]


def cost(library: Library, engine: Engine, rounds: int) -> dict[str, float]:
    """Milliseconds a search; a number makes each query new."""
    ask(queries()[0], library, engine)
    taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}  # with chips, and without: clock, processor
    hits = []
    for turn, parts in itertools.product(range(rounds), queries()):
        asked = [f"{part} {turn}" for part in parts]
        for chips in (turn % 2 == 0, turn % 2 == 1):
            began = time.perf_counter(), time.process_time()
            results = ask(asked, library, engine, chips=chips)
            taken[chips].append((1000 * (time.perf_counter() - began[0]), 1000 * (time.process_time() - began[1])))
        hits.append(results.n_moments)
    chipped, plain = np.array(taken[True]), np.array(taken[False])  # (n, 2)
    added = np.median(chipped - plain, axis=0)
    return {
        "without_ms": round(float(np.median(plain[:, 0])), 1),
        "added_ms": round(float(added[0]), 1),
        "without_cpu_ms": round(float(np.median(plain[:, 1])), 1),
        "added_cpu_ms": round(float(added[1]), 1),
        "hits": float(np.median(hits)),
    }


def ask(parts: list[str] | tuple[str, ...], library: Library, engine: Engine, *, chips: bool = True) -> Results:
    request = SearchRequest(", ".join(parts), (library.pk,), cutoff=0.0, limit=HITS)
    if chips:
        return search(request, engine)
    with mock.patch("search.engine.criteria_of", return_value=()):
        return search(request, engine)


def right(library: Library, shown: dict[UUID, Item], engine: Engine) -> dict[str, float]:
    """Of chips on parts that captions speak clearly of: how many say yes, no or unsure, and how often that is right."""
    counted: Counter[str] = Counter()
    for parts in queries():
        results = ask(parts, library, engine)
        for video in results.videos:
            for name, said in zip(results.criteria, video.hits[0].criteria, strict=True):
                truth = shows(shown[video.video_id], name)
                if truth is not None:
                    counted[said] += 1
                    counted[f"{said} right"] += said == ("yes" if truth else "no")
    asked = counted["yes"] + counted["no"] + counted["unsure"]
    figures: dict[str, float] = {"chips": asked}
    for said in ("yes", "no"):
        figures[f"{said}, of all"] = round(counted[said] / max(asked, 1), 3)
        figures[f"{said} is right"] = round(counted[f"{said} right"] / max(counted[said], 1), 3)
    return figures


def shows(item: Item, name: str) -> bool | None:
    """Whether the photo shows it; None where its captions do not agree."""
    n_said = sum(re.search(rf"\b{THINGS[name]}\b", caption.lower()) is not None for caption in item.captions)
    return n_said >= LEAST_SAID if n_said >= LEAST_SAID or n_said == 0 else None


if __name__ == "__main__":
    main()
