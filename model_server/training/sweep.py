"""The paper's ablations (Table 5): train each row of a sweep file, measure it, and write one table.

python -m model_server.training.sweep --preset small --data DIR... --evaluate ROOT --out OUT [--only NAME...] [-- MORE]

Rows lie in training/ablations.toml, or in a file of the same form. `MORE` goes to every `pretrain` (`-- --epochs 2`).
Each row has a folder below OUT. A row that was measured is not trained again, and one that was stopped goes on, so a
sweep may be killed at any time. `--start` is for presets that are assembled: `base` downloads its parts once a row that
changes them. Losses that only pull together need no anti-collapse term where the text encoder stays frozen.
"""

import argparse
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_server.evaluation import tables
from model_server.evaluation.results import Results, number, replace
from model_server.evaluation.rows import Row
from model_server.presets import MODELS, preset
from model_server.training import assemble_base, pretrain
from model_server.training.data import DataProblem

SWEEP = Path(__file__).with_name("ablations.toml")
TASKS = {"retrieval": "R@1", "classification": "top-1", "vqa": "accuracy"}  # what is averaged, as in the paper
RESULTS = "results.json"


@dataclass(frozen=True)
class Ablation:
    """One row: `name` is also its folder."""

    part: str
    name: str
    pretrain: tuple[str, ...] = ()
    assemble: tuple[str, ...] = ()
    change: tuple[str, ...] = ()

    @property
    def model_differs(self) -> bool:
        return bool(self.assemble or self.change)


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        rows = chosen(read_sweep(args.file), args.only, args.preset)
        args.out.mkdir(parents=True, exist_ok=True)
        for row in rows:
            run(row, args)
            replace(args.out / "ablations.md", table(rows, args))
    except (DataProblem, ValueError, OSError) as problem:
        sys.exit(f"sweep: {problem}")
    print(f"{args.out / 'ablations.md'}: {len(rows)} rows")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m model_server.training.sweep",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--preset", default="small", choices=MODELS)
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="DIR", help="to train on")
    parser.add_argument("--evaluate", type=Path, required=True, metavar="ROOT", help="the folder of all benchmarks")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--file", type=Path, default=SWEEP, help="another sweep")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="rows of the file")
    parser.add_argument("--benchmarks", nargs="+", default=list(TASKS), metavar="NAME", help="benchmarks or tasks")
    parser.add_argument("more", nargs="*", metavar="MORE", help="options of every pretrain, after --")
    return parser.parse_args(arguments)


def read_sweep(path: Path) -> list[Ablation]:
    """DataProblem where the file is none of a sweep."""
    try:
        found = [ablation(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["row"]]
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as problem:
        raise DataProblem(f"{path} is no sweep: {problem}") from problem
    names = [row.name for row in found]
    if len(set(names)) < len(names):
        raise DataProblem(f"{path}: two rows have one name.")
    return found


def ablation(part: str, name: str, **options: list[str]) -> Ablation:
    return Ablation(part, name, **{key: tuple(values) for key, values in options.items()})


def chosen(rows: list[Ablation], names: list[str] | None, preset_name: str) -> list[Ablation]:
    """Those of these names; without names, all that say how they change this preset. ValueError for an unknown name."""
    if names and (unknown := sorted(set(names) - {row.name for row in rows})):
        raise ValueError(f"There is no row {', '.join(unknown)}: choose of {', '.join(row.name for row in rows)}.")
    own = [row for row in rows if not row.model_differs or (row.assemble if assembled(preset_name) else row.change)]
    return [row for row in own if not names or row.name in names]


def assembled(preset_name: str) -> bool:
    return preset(preset_name).predictor.source == "folder"


def run(row: Ablation, args: argparse.Namespace) -> None:
    """Train and measure, unless that is done. What either command refuses ends the sweep with its sentence."""
    folder = args.out / row.name
    if (folder / RESULTS).exists():
        return
    print(f"== {row.name} ({row.part})", flush=True)
    out = folder / "weights"
    command = ["--preset", args.preset, "--out", str(out), "--data", *map(str, args.data), *row.pretrain, *args.more]
    if assembled(args.preset):
        start = args.out / "start" / (row.name if row.assemble else "reference")
        if not (start / "config.json").exists():
            assemble_base.main([str(start), *row.assemble])
        command += ["--start", str(start)]
    elif row.change:
        command += ["--change", *row.change]
    if not (out / "MODEL_CARD.md").exists():  # what a finished training writes last
        pretrain.main(command)
    aside = folder / f"{RESULTS}.part"
    measure = ["--preset", args.preset, "--weights", str(out), "--data", str(args.evaluate), "--json", str(aside)]
    tables.main([*measure, "--only", *args.benchmarks])
    aside.replace(folder / RESULTS)


def table(rows: list[Ablation], args: argparse.Namespace) -> str:
    """Markdown: of each row the mean over the benchmarks at hand, by task, and how many those are."""
    lines = [
        f"# Ablations of `{args.preset}`\n",
        "Written by `python -m model_server.training.sweep`, never by hand. Means over the benchmarks at hand, in %;",
        "single numbers, with pools and intervals, lie in each row's results.json. One seed: a point says nothing.\n",
        f"| {' | '.join(['', 'row', *(f'{task} {metric}' for task, metric in TASKS.items())])} |",
        "|" + " --- |" * (2 + len(TASKS)),
    ]
    for row in rows:
        path = args.out / row.name / RESULTS
        shown = means(path) if path.exists() else ["not run yet"] * len(TASKS)
        lines.append(f"| {row.part} | {row.name} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def means(path: Path) -> list[str]:
    """Of each task: "34.5 (3)", the mean and over how many benchmarks."""
    (own,) = Results.read(path).rows.values()
    measured: list[Row] = [row for rows in own.values() for row in rows if row.value is not None]
    shown = []
    for task, metric in TASKS.items():
        values = [row.value for row in measured if (row.task, row.metric) == (task, metric) and row.value is not None]
        shown.append(f"{number(round(float(np.mean(values)), 1))} ({len(values)})" if values else "-")
    return shown


if __name__ == "__main__":
    main()
