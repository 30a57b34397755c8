"""Damaged and hostile files, read by the product's own confined decoder: nothing may come of them but a sentence.

    python -m benchmarks.mutated --files 2000 --seed 1 [--json FILE] [--keep DIR] [--only N...] [--minutes N]

Every file is made from the seed and its number, read in fresh processes as an upload is, and deleted, unless kept. The
exit status is 1 if a process other than the confined child crashed or hung, if a file or a host was reached that no
upload may reach, if anything was left behind, or if the child ended by a mistake of ours.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.mutated_canary import Canary, watching
from benchmarks.mutated_check import CRASHED, READ, REFUSED, STOPPED, Finding, Steps, as_the_product, look_at
from benchmarks.mutated_corpus import KINDS, Corpus
from benchmarks.mutated_seeds import make_seeds

AT_A_TIME = 2


def mutated_run(
    numbers: Sequence[int],
    seed: int,
    folder: Path,
    *,
    keep: bool = False,
    clips: Sequence[str] = (),
    steps: Steps = as_the_product,
    most_s: float = math.inf,
) -> dict[str, Any]:
    """Look at the files of these numbers; what was found, with every fault.

    `clips`: only these are damaged. After `most_s` no more files are begun.
    """
    began = time.monotonic()
    seeds = make_seeds(folder / "seeds", clips)
    files = folder / "files"
    files.mkdir()
    with watching(folder / "secrets") as canary:
        corpus = Corpus(seeds, seed, canary, files)

        def look(number: int) -> Finding | None:
            if time.monotonic() - began > most_s:
                return None
            case = corpus.write(number)
            finding = look_at(case, steps)
            if not keep:
                case.path.unlink()
            for fault in finding.faults:
                print(f"FAULT {finding.name!r}: {fault}", file=sys.stderr, flush=True)
            return finding

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            findings = [finding for finding in pool.map(look, numbers) if finding is not None]
        faults = [f"{finding.name}: {fault}" for finding in findings for fault in finding.faults]
        faults += [*(f"a host was reached: {hit}" for hit in canary.hits), *_changed(folder, canary, keep)]
    return {
        "files": len(findings),
        "seed": seed,
        "containers": corpus.containers,
        "pairs": corpus.pairs,
        "seconds": round(time.monotonic() - began, 1),
        "faults": faults,
        "findings": [asdict(finding) for finding in findings],
    }


def _changed(folder: Path, canary: Canary, keep: bool) -> list[str]:
    """Nothing came to the folders of the run but what the run itself wrote."""
    secrets = {path.name for path in canary.folder.iterdir()}
    left = set() if keep else {path.name for path in (folder / "files").iterdir()}
    strange = {path.name for path in folder.iterdir()} - {"seeds", "files", "secrets"}
    return [f"a file was left behind: {name}" for name in (secrets - {"secret.txt", "secret.ts"}) | left | strange]


def table(findings: list[dict[str, Any]]) -> str:
    """Markdown: a row for each kind of damage, and one for all."""
    head = ["what was done", "files", "read", "refused with a sentence", "child crashed", "child stopped by a limit"]
    rows = [[*head, "slowest, s", "largest child, MiB"], ["---"] * (len(head) + 2)]
    for kind in (*KINDS, ""):
        of = [finding for finding in findings if kind in ("", finding["kind"])]
        if of:
            outcomes = [str(sum(finding["outcome"] == outcome for finding in of)) for outcome in _OUTCOMES]
            slowest, largest = (max(finding[key] for finding in of) for key in ("seconds", "child_bytes"))
            name = kind.replace("_", " ") or "all"
            rows.append([name, str(len(of)), *outcomes, f"{slowest:.1f}", str(largest >> 20)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


_OUTCOMES = (READ, REFUSED, CRASHED, STOPPED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="an empty folder, for the seeds and every file made of them")
    parser.add_argument("--only", type=int, nargs="+", help="the files of these numbers")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no more files after so long")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="seekframe-corpus-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        numbers, most_s = given.only or range(given.files), given.minutes * 60
        result = mutated_run(numbers, given.seed, folder.absolute(), keep=bool(given.keep), most_s=most_s)
    if given.json:
        given.json.write_text(json.dumps(result, indent=1))
    print(table(result["findings"]))
    made_of = f"{result['pairs']} clips in {result['containers']} containers, seed {given.seed}"
    print(f"{result['files']} files of {made_of}, in {result['seconds']} s; faults: {len(result['faults'])}")
    sys.exit(1 if result["faults"] else 0)


if __name__ == "__main__":
    main()
