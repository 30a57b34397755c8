"""Does search know when nothing matches? Shares kept at the cut-off, with ROC and reliability curves.

    python -m benchmarks.cutoff --data DIR [--preset small] [--large 4900] [--docs docs]

Four libraries: all clips of panda70m_dev, ten of them, those of one topic, and all of them among photos, so that it
has 5,000 segments. Queries: captions of the library's own clips, captions of other sets, nonsense.
"""

import benchmarks.services  # noqa: F401, I001  # first: it starts Postgres and sets Django up

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks import curves
from benchmarks.asking import Answer, ask_all, summary
from benchmarks.libraries import Captioned, index_videos, read_captions, store_embeddings
from benchmarks.nonsense import NONSENSE
from indexer.models import Library, Segment
from model_server.engine import Engine
from model_server.local import load_engine
from search.fitting.data import embed

N_TEST_CAPTIONS = 200
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--weights", type=Path, help="a folder of weights to measure instead of the preset's own")
    parser.add_argument("--large", type=int, default=4900, help="photos of the large library; 0 leaves it out")
    parser.add_argument("--docs", type=Path, help="where to write the curves; nowhere by default")
    options = parser.parse_args()
    engine = load_engine(options.preset, "cpu", options.weights)
    clips = read_captions(options.data / "panda70m_dev")
    absent = absent_captions(options.data)
    figures = {}
    for name, library, own in libraries(options.data, clips, engine, options.large):
        answers = ask_all(library, own, absent, NONSENSE, engine)
        n_segments = Segment.objects.filter(library=library).count()
        figures[name] = {"clips": len(own), "segments": n_segments} | summary(answers)
        report(name, figures[name], answers)
        if options.docs and name == "all clips":
            curves.draw(answers, options.docs)
    print(json.dumps(figures))


def absent_captions(root: Path) -> dict[str, list[str]]:
    test = read_captions(root / "flickr8k", "test")
    order = np.random.default_rng(SEED).permutation(len(test))[:N_TEST_CAPTIONS]
    return {
        "misc_real": [clip.caption for clip in read_captions(root / "misc_real")],
        "flickr8k test": [test[i].caption for i in sorted(order)],
    }


def libraries(
    root: Path, clips: list[Captioned], engine: Engine, n_photos: int
) -> list[tuple[str, Library, dict[str, str]]]:
    """Name, library, and its own captions by video id; the smaller ones hold copies of the same clips."""
    ten = [clips[i] for i in np.random.default_rng(SEED).permutation(len(clips))[:10]]
    topic = Counter(clip.label for clip in clips).most_common(1)[0][0]
    made = [
        make("all clips", clips, engine),
        make("ten clips", ten, engine),
        make(f"one topic ({topic})", [clip for clip in clips if clip.label == topic], engine),
    ]
    if n_photos:
        name, library, own = make("5,000 segments", clips, engine)
        add_photos(root / "flickr8k", library, engine, n_photos)
        made.append((name, library, own))
    return made


def make(name: str, clips: list[Captioned], engine: Engine) -> tuple[str, Library, dict[str, str]]:
    library, ids = index_videos(name, [clip.path for clip in clips], engine)
    return name, library, {str(key): clip.caption for key, clip in zip(ids, clips, strict=True)}


def add_photos(folder: Path, library: Library, engine: Engine, n: int) -> None:
    """Photos that no query was written for, each a video of one window."""
    rows = [{"file": str(c.path.relative_to(folder)), "captions": [c.caption]} for c in read_captions(folder, "train")]
    store_embeddings(library, [item.embeddings for item in embed(folder, rows[:n], engine)], engine)


def report(name: str, figures: dict[str, object], answers: list[Answer]) -> None:
    print(f"\n{name}: {figures}")
    for answer in answers:
        if answer.kind == "nonsense" and answer.kept:
            print(f"  kept nonsense: {answer.text!r} at {answer.score:.3f}")
        if answer.kind == "own" and not answer.kept:
            print(f"  lost: {answer.text!r} at {answer.score:.3f}")


if __name__ == "__main__":
    main()
