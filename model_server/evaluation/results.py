"""Where the rows of the tables go: one JSON file for every engine measured, and docs/results.md made from it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_server.engine import Space
from model_server.evaluation.benchmarks import BENCHMARKS, TASKS, Benchmark
from model_server.evaluation.rows import Row
from model_server.training.data import DataProblem

HEAD = """# Results

Written by `python -m model_server.evaluation.tables`, never by hand. What each benchmark is, and how its data are laid
out: docs/benchmarks.md. Numbers are percentages, CIDEr x 100, cosines where the measure says so, or ratios; beside each
stands its 95 % bootstrap interval over `n` queries or items. `pool`: how many candidates an answer was chosen from.
"""
COLUMNS = ("benchmark", "measure", "engine", "value", "95 % interval", "pool", "n", "seed", "note")


@dataclass
class Results:
    """Rows by engine and benchmark. An engine is a preset with a version of its weights."""

    rows: dict[tuple[str, str], dict[tuple[str, str], list[Row]]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> "Results":
        """What the file holds; nothing where there is none. DataProblem where it is no such file."""
        found = cls()
        if path is None or not path.is_file():
            return found
        try:
            for run in json.loads(path.read_text(encoding="utf-8"))["runs"]:
                own = found.rows.setdefault((run["preset"], run["weights"]), {})
                for row in map(row_of, run["rows"]):
                    own.setdefault((row.task, row.benchmark), []).append(row)
        except (ValueError, KeyError, TypeError) as problem:
            raise DataProblem(f"{path} holds no results of this command: {problem!r}.") from problem
        return found

    def put(self, space: Space, benchmark: Benchmark, rows: list[Row]) -> None:
        """Replaces what was known of this benchmark for this engine."""
        self.rows.setdefault((space.model, space.version), {})[benchmark.task, benchmark.name] = rows

    def write(self, json_path: Path | None, docs_path: Path | None) -> None:
        if json_path is not None:
            runs = [
                {"preset": preset, "weights": weights, "rows": [row.as_json() for row in in_order(own)]}
                for (preset, weights), own in self.rows.items()
            ]
            replace(json_path, json.dumps({"runs": runs}, indent=1) + "\n")
        if docs_path is not None:
            replace(docs_path, self.markdown(docs_path.parent))

    def markdown(self, folder: Path) -> str:
        parts = [HEAD]
        for task in TASKS:
            lines = [
                cells(row, f"{preset} {weights}")
                for name in [b.name for b in BENCHMARKS if b.task == task]
                for (preset, weights), own in self.rows.items()
                for row in own.get((task, name), [])
            ]
            if lines:
                parts.append(f"## {task.capitalize()}\n\n" + "\n".join([*header(), *lines]) + "\n")
            if task == "selective decoding":
                plots = sorted({f"selective_decoding_{preset}.png" for preset, _ in self.rows})
                parts += [f"![CIDEr against decodes a second]({p})\n" for p in plots if (folder / p).is_file()]
        return "\n".join(parts)


def in_order(own: dict[tuple[str, str], list[Row]]) -> list[Row]:
    return [row for benchmark in BENCHMARKS for row in own.get((benchmark.task, benchmark.name), [])]


def row_of(found: dict[str, Any]) -> Row:
    interval = found.pop("interval_95")
    return Row(**found, interval_95=None if interval is None else (interval[0], interval[1]))


def header() -> list[str]:
    return [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]


def cells(row: Row, engine: str) -> str:
    shown = [row.benchmark, row.metric, engine, number(row.value), spread(row), number(row.pool), number(row.n)]
    return "| " + " | ".join([*shown, number(row.seed), row.note.replace("|", "/").replace("\n", " ")]) + " |"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def spread(row: Row) -> str:
    return "-" if row.interval_95 is None else f"{row.interval_95[0]:g} to {row.interval_95[1]:g}"


def line(row: Row) -> str:
    """A row for the console."""
    told = f"{number(row.value)}  [{spread(row)}]  pool {number(row.pool)}, n {number(row.n)}"
    return f"{row.benchmark:18} {row.metric:28} {told if row.value is not None else row.note}"


def replace(path: Path, text: str) -> None:
    """Whole or not at all: a run may be killed while it writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
