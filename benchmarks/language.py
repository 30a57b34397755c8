"""What a minus and `then` are worth, on the ten-minute films of benchmarks/moments.py.

    python -m benchmarks.language --data DIR [--preset small] [--films 3]

*A minus.* A caption is asked; each of its hits that lies in another clip is one to be excluded: by a minus and that
clip's own caption. `gone` is the share of those hits that are then gone; `lost` the share of searches whose right hit,
found before, went with them.

*Then.* The captions of two clips that follow each other, asked in that order: right where the first hit starts within
two seconds of the first clip and its second step lies within two seconds of the second. `either` is how often each
caption alone finds its clip, both of them: more cannot be expected. `reversed` asks for the other order, which is never
there: the share of searches that find one all the same, for the two clips asked about.
"""

import benchmarks.services  # noqa: F401, I001  # first: it starts Postgres and sets Django up

import argparse
import itertools
import json
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.film import Scene, join
from benchmarks.libraries import Captioned, index_videos, read_captions
from benchmarks.moments import NEAR_S, fill
from indexer.models import Library
from model_server.engine import Engine
from model_server.local import load_engine
from search.engine import Hit, SearchRequest, search

MOST_UNWANTED = 5  # hits of one caption that are excluded, one search each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--films", type=int, default=3)
    options = parser.parse_args()
    engine = load_engine(options.preset, "cpu")
    clips = read_captions(options.data / "panda70m_dev") + read_captions(options.data / "misc_real")
    counted: Counter[str] = Counter()
    for number in range(options.films):
        library, scenes = film(clips, number, engine)
        counted += minus(library, scenes, engine)
        counted += then(library, scenes, engine)
    print(json.dumps(figures(counted)))


def film(clips: list[Captioned], number: int, engine: Engine) -> tuple[Library, list[Scene]]:
    order = np.random.default_rng(number).permutation(len(clips))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        scenes = join(fill([clips[i] for i in order]), path)
        library, _ = index_videos(f"film {number}", [path], engine)
    return library, scenes


def minus(library: Library, scenes: list[Scene], engine: Engine) -> Counter[str]:
    counted: Counter[str] = Counter()
    for scene in scenes:
        hits = ask(scene.caption, library, engine)
        others = {other for hit in hits for other in scenes if other != scene and lies_in(hit.best_s, other)}
        found = any(lies_near(hit.start_s, scene) for hit in hits)
        for other in sorted(others, key=lambda other: other.start_s)[:MOST_UNWANTED]:
            left = ask(f'{scene.caption} -"{quotable(other.caption)}"', library, engine)
            counted["unwanted"] += 1
            counted["gone"] += not any(lies_in(hit.best_s, other) for hit in left)
            counted["found"] += found
            counted["lost"] += found and not any(lies_near(hit.start_s, scene) for hit in left)
    return counted


def then(library: Library, scenes: list[Scene], engine: Engine) -> Counter[str]:
    counted: Counter[str] = Counter()
    alone = [first_near(ask(scene.caption, library, engine), scene) for scene in scenes]
    for (i, a), (j, b) in itertools.pairwise(enumerate(scenes)):
        first, *_ = [*ask(in_order(a, b), library, engine), None]
        counted["pairs"] += 1
        counted["in_order"] += first is not None and lies_near(first.start_s, a) and lies_near(first.then_s[0], b)
        counted["either"] += alone[i] and alone[j]
        back = ask(in_order(b, a), library, engine)
        counted["reversed"] += any(lies_in(hit.best_s, b) and lies_in(hit.then_s[0], a) for hit in back)
    return counted


def in_order(a: Scene, b: Scene) -> str:
    return f"{quotable(a.caption)} then {quotable(b.caption)}"


def quotable(caption: str) -> str:
    """A caption without what the query language would hear."""
    return " ".join(word for word in caption.replace('"', " ").replace(" -", " ").split() if word.lower() != "then")


def ask(text: str, library: Library, engine: Engine) -> list[Hit]:
    results = search(SearchRequest(text, (library.pk,)), engine)
    return [hit for video in results.videos for hit in video.hits]


def lies_in(second: float, scene: Scene) -> bool:
    return scene.start_s <= second < scene.end_s


def lies_near(second: float, scene: Scene) -> bool:
    return scene.start_s - NEAR_S <= second <= scene.end_s + NEAR_S


def first_near(hits: list[Hit], scene: Scene) -> bool:
    return bool(hits) and lies_near(hits[0].start_s, scene)


def figures(counted: Counter[str]) -> dict[str, object]:
    def percent(part: str, whole: str) -> float:
        return round(100 * counted[part] / max(counted[whole], 1), 1)

    return {
        "minus": {
            "hits_to_exclude": counted["unwanted"],
            "gone": percent("gone", "unwanted"),
            "right_hits_before": counted["found"],
            "lost": percent("lost", "found"),
        },
        "then": {
            "pairs": counted["pairs"],
            "in_order": percent("in_order", "pairs"),
            "either_alone": percent("either", "pairs"),
            "reversed_found": percent("reversed", "pairs"),
        },
    }


if __name__ == "__main__":
    main()
