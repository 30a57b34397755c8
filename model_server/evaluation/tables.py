"""Every table of the paper (tables 1 to 4, Fig. 4) for one engine, in one format.

python -m model_server.evaluation.tables --preset P --data ROOT [--only NAME...] [--json FILE] [--docs docs/results.md]

ROOT holds a folder for each benchmark: docs/benchmarks.md says which, and how they are laid out. Benchmarks whose data
are not there get a row that says so. --only names benchmarks or tasks. With --json, results of other benchmarks, and of
other engines, that the file already holds are kept, so that a long table can be made in parts. Every number stands with
its pool, its seed and its 95 % bootstrap interval.

Exit codes: 0 done, 1 data or weights that cannot be used (whatever else could be measured is written), 2 wrong call.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_server.engine import Engine, EngineError
from model_server.evaluation.benchmarks import TASKS, Benchmark, wanted
from model_server.evaluation.captioning import corpus
from model_server.evaluation.captions import Writers, caption_rows
from model_server.evaluation.classification import classification_rows
from model_server.evaluation.loaders.captioned import training_captions
from model_server.evaluation.loaders.files import NotAtHand
from model_server.evaluation.pareto import draw
from model_server.evaluation.ranks import AT, retrieval_scores
from model_server.evaluation.results import Results, line
from model_server.evaluation.rows import DRAWS, NOT_AT_HAND, Row, Scale, missing_row
from model_server.evaluation.selective_decoding import selective_rows
from model_server.evaluation.streams import Watcher
from model_server.evaluation.text_triplets import triplet_rows
from model_server.evaluation.vqa import vqa_rows
from model_server.evaluation.world_prediction import world_prediction_rows
from model_server.loading import engine_of
from model_server.training.data import DataProblem
from model_server.vljepa.packages import WeightsProblem


@dataclass
class Run:
    """One engine going through the benchmarks."""

    watcher: Watcher
    writers: Writers
    scale: Scale
    plots: Path | None = None  # the folder that plots go to
    problems: list[str] = field(default_factory=list)

    def rows(self, benchmark: Benchmark, root: Path) -> list[Row]:
        """The rows of one benchmark; one that says why not, where its data are away or cannot be used."""
        try:
            return EVALUATE[benchmark.task](self, benchmark.name, benchmark.load(root))
        except NotAtHand:
            return [missing_row(benchmark.task, benchmark.name, NOT_AT_HAND)]
        except (DataProblem, EngineError, ValueError) as problem:
            self.problems.append(f"{benchmark.name}: {problem}")
            return [missing_row(benchmark.task, benchmark.name, f"not measured: {problem}")]


def retrieval_rows(run: Run, name: str, task: Any) -> list[Row]:
    texts = [text for own in task.captions for text in own]
    predicted, targets = run.watcher.predict(task.media), run.watcher.engine.encode_texts(texts)
    scores = retrieval_scores(predicted, targets, task.captions, draws=run.scale.draws, seed=run.scale.seed)
    found = scores["text_to_video"]
    common = {"pool": found["pool"], "n": found["queries"], "seed": run.scale.seed, "note": task.note}
    return [
        Row("retrieval", name, key, round(found[key], 1), tuple(found["interval_95"][key]), **common)
        for key in (f"R@{k}" for k in AT)
    ]


def selective(run: Run, name: str, task: Any) -> list[Row]:
    rows, curves = selective_rows(run.writers, name, task, run.scale)
    if run.plots is not None:
        space = run.watcher.engine.space
        draw(curves, run.plots / f"selective_decoding_{space.model}.png", f"{space.model} {space.version}")
    return rows


EVALUATE: dict[str, Callable[[Run, str, Any], list[Row]]] = {
    "retrieval": retrieval_rows,
    "classification": lambda run, name, task: classification_rows(run.watcher, name, task, run.scale),
    "vqa": lambda run, name, task: vqa_rows(run.watcher, name, task, run.scale),
    "world prediction": lambda run, name, task: world_prediction_rows(run.watcher, name, task, run.scale),
    "text triplets": lambda run, name, task: triplet_rows(run.watcher, name, task, run.scale),
    "captioning": lambda run, name, task: caption_rows(run.writers, name, task, run.scale),
    "selective decoding": selective,
}
assert set(EVALUATE) == set(TASKS), (set(EVALUATE), set(TASKS))


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        engine = engine_of(args.preset, args.device, args.weights)
        texts = corpus(args.text) if args.text else training_captions(args.data)
        results = Results.read(args.json)
        problems = measure(engine, texts, results, args)
    except (DataProblem, WeightsProblem, EngineError, ValueError, OSError) as problem:
        sys.exit(f"tables: {problem}")
    if problems:
        sys.exit("\n".join(f"tables: {problem}" for problem in problems))


def measure(engine: Engine, texts: list[str], results: Results, args: argparse.Namespace) -> list[str]:
    """Measures and writes, benchmark by benchmark, so that a killed run keeps what it had. Returns the problems."""
    watcher = Watcher(engine)
    scale = Scale(args.seed, args.draws)
    run = Run(watcher, Writers(watcher, texts), scale, args.docs.parent if args.docs else None)
    for benchmark in args.benchmarks:
        rows = run.rows(benchmark, args.data)
        print("\n".join(map(line, rows)), flush=True)
        results.put(engine.space, benchmark, rows)
        results.write(args.json, args.docs)
    return run.problems


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m model_server.evaluation.tables",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--preset", default="small")
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT", help="the folder of all benchmarks")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="benchmarks or tasks")
    parser.add_argument("--json", type=Path, metavar="FILE", help="written, and what it holds of others is kept")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="written as Markdown, plots beside it")
    parser.add_argument(
        "--text", type=Path, nargs="+", metavar="FILE", help="training captions of the nearest-caption rival"
    )
    parser.add_argument("--weights", type=Path, help="a folder of weights; the repository's where none is given")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seed", type=int, default=0, help="of the intervals, and of how clips are joined")
    parser.add_argument("--draws", type=int, default=DRAWS, help="bootstrap samples")
    args = parser.parse_args(arguments)
    if not args.data.is_dir():
        parser.error(f"--data {args.data} is no folder")
    if args.draws < 1:
        parser.error("--draws must be 1 or more")
    try:
        args.benchmarks = wanted(args.only)
    except ValueError as problem:
        parser.error(str(problem))
    return args


if __name__ == "__main__":
    main()
