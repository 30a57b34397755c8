"""A crowd of users for the load benchmarks: what is asked of it, and what its samples come to.

The crowd itself is locust, in a process of its own: gevent replaces sockets and threads in the process that imports it.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from webapp.env import ROOT

LOCUST = ROOT / "var" / "locust"
MISSING = (
    "This benchmark needs locust, in a folder of its own, for its companions would change what the product serves: "
    "python -m pip install --no-deps --target {folder} -r requirements/benchmarks.txt"
)
LIMITED = (429, 503)
MOST_SAID = 10  # errors in words


def check_locust(folder: Path) -> None:
    if not (folder / "locust").is_dir():
        raise SystemExit(MISSING.format(folder=folder))


def send(who: str, folder: Path, **asked: Any) -> dict[str, Any]:
    """Let a crowd loose: `who` is the module that says what one of them does. Its samples, and what it cost itself."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    command = [sys.executable, "-m", f"benchmarks.{who}"]
    given = json.dumps(asked)
    done = subprocess.run(
        command, input=given, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: its last lines are above.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def percentiles(waits_ms: Sequence[float]) -> dict[str, float]:
    """
    >>> percentiles([10.0, 20.0, 30.0])["p50_ms"]
    20.0
    """
    return {f"p{p}_ms": round(float(np.percentile(waits_ms, p)), 1) if waits_ms else 0.0 for p in (50, 95, 99)}


def summed(samples: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Of one kind of request: how many, how long, and what went wrong. Times are those of good answers."""
    samples = list(samples)
    wrong = [sample for sample in samples if sample["error"]]
    return {
        "requests": len(samples),
        "errors": len(wrong),
        "limited": sum(sample["status"] in LIMITED for sample in wrong),
        **percentiles([sample["ms"] for sample in samples if not sample["error"]]),
    }


def by_kind(samples: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for sample in samples:
        kinds.setdefault(sample["kind"], []).append(sample)
    return {kind: summed(found) for kind, found in sorted(kinds.items())}


def said(samples: Iterable[dict[str, Any]]) -> list[str]:
    """The most frequent errors, in words."""
    counted = Counter(f"{sample['kind']}: {sample['error']}" for sample in samples if sample["error"])
    return [f"{number} x {what}" for what, number in counted.most_common(MOST_SAID)]


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """
    >>> print(markdown([{"users": 4, "p50_ms": 12.5}]))
    | users | p50_ms |
    | --- | --- |
    | 4 | 12.5 |
    """
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
