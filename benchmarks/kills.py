"""Ends the product's processes by SIGKILL at random moments while a real library is uploaded and indexed over HTTP.

    python -m benchmarks.kills --data DIR... --kills 200 [--seed 1] [--model small] [--json FILE]

Afterwards nobody lends a hand: it waits until nothing is on its way, then looks for every kind of loss. Exit status 1:
something was lost, came twice, stayed behind or stayed stuck.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.kill_checks import Look
from benchmarks.kill_targets import Killer
from benchmarks.kill_uploads import Sent, Uploader
from benchmarks.running import Up, Visitor

UPLOADERS = 2
SEARCH_EVERY_S = 2.0
SWEEP = """
import time
from indexer import deletion, litter
from webapp.uploads import sweep
deletion.orphans_delete(older_than_s=0)
litter.litter_delete(older_than_s=0)
sweep.strays_delete(time.time())
"""


@dataclass(frozen=True)
class Run:
    """How much, how fast, and by which dice."""

    kills: int
    seed: int
    between_s: tuple[float, float]  # two kills
    upload_every_s: float
    model: str = "small"
    rest_s: float = 900.0  # for all that was sent to come to rest once the kills are over
    models: Path | None = None  # what a first start has made of the weights, so that this one need not


def kill_run(run: Run, files: list[Path], var: Path) -> dict[str, Any]:
    """The whole story; what was done and every fault that was found."""
    var.mkdir()
    if run.models:
        shutil.copytree(run.models, var / "models")
    up = Up(var, SEEKFRAME_MODEL=run.model, TRASH_DAYS="0")
    up.start()
    try:
        up.wait_ready()
        return _measured(run, up, files)
    finally:
        if up.process.poll() is None:
            up.end(signal.SIGINT)
        (var / "up.log").write_text(up.output)


def _measured(run: Run, up: Up, files: list[Path]) -> dict[str, Any]:
    visitor = Visitor(up.address)
    visitor.make_first_account()
    uploaders = [_uploader(run, visitor, files, number) for number in range(UPLOADERS)]
    began = time.monotonic()
    for uploader in uploaders:
        uploader.start()
    killer, searches = _kill(run, up, visitor)
    kills_s = time.monotonic() - began
    for uploader in uploaders:
        uploader.over.set()
    for uploader in uploaders:
        uploader.join()
    look = Look(up, visitor)
    rest_s = look.wait_for_rest(run.rest_s)
    print(f"at rest after {rest_s:.0f} s", file=sys.stderr)
    ended = {"videos": look.outcomes(), "reasons": look.reasons()}
    said = {"kills": sum(killer.ended.values()), "seed": run.seed, "model": run.model, "killed": killer.ended}
    said |= {"kills_s": round(kills_s), "rest_s": round(rest_s), "searches": searches}
    return said | _sent([one.sent for one in uploaders]) | ended | {"faults": _faults(up, look, uploaders)}


def _uploader(run: Run, visitor: Visitor, files: list[Path], number: int) -> Uploader:
    headers = {"Tus-Resumable": "1.0.0", "X-CSRFToken": visitor.cookies["csrftoken"], "Origin": str(visitor.base_url)}
    client = httpx.Client(
        base_url=visitor.base_url, cookies=visitor.cookies, headers=headers, timeout=60, trust_env=False
    )
    library = visitor.library()
    return Uploader(client, library, files, 1000 * run.seed + number, run.upload_every_s)


def _kill(run: Run, up: Up, visitor: Visitor) -> tuple[Killer, dict[str, int]]:
    """The kills, with a search now and then to see how much of the time a person is served."""
    killer, dice, over = Killer(up, run.seed), random.Random(-run.seed), threading.Event()
    searches = {"answered": 0, "failed": 0}

    def search() -> None:
        while not over.wait(SEARCH_EVERY_S):
            searches["answered" if _found(visitor) else "failed"] += 1

    person = threading.Thread(target=search)
    person.start()
    for number in range(1, run.kills + 1):
        time.sleep(dice.uniform(*run.between_s))
        print(f"{number}/{run.kills}: {killer.kill_one()}", file=sys.stderr)
    over.set()
    person.join()
    return killer, searches


def _found(visitor: Visitor) -> bool:
    try:
        return visitor.get("/search", params={"q": "a person in a room"}, timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


def _faults(up: Up, look: Look, uploaders: list[Uploader]) -> dict[str, list[str]]:
    accepted = [one for uploader in uploaders for one in uploader.sent.accepted]
    faults = look.faults(accepted)
    faults["acknowledged bytes gone"] = [line for uploader in uploaders for line in uploader.sent.lost_bytes]
    # What the sweepers do after an hour and a day.
    swept = up.manage("shell", "-v", "0", "-c", SWEEP, TMPDIR=str(up.var / "tmp"))
    faults["orphan files"] = look.orphans() + (swept.stderr.splitlines() if swept.returncode else [])
    faults["processes nobody supervises"] = look.strangers()
    faults["services left off"] = [line for line in up.lines if "is left off" in line]
    faults["searches not answered at rest"] = [] if _found(look.client) else ["a search"]  # type: ignore[arg-type]
    family = up.family()
    up.end(signal.SIGINT)
    faults["processes after the stop"] = [str(process) for process in family if process.is_running()]
    return faults


def _sent(sent: list[Sent]) -> dict[str, Any]:
    waits = sorted(wait for one in sent for wait in one.waits_s)
    accepted = [upload for one in sent for upload in one.accepted]
    odd: dict[str, int] = {}
    for one in sent:
        for answer, number in one.odd_answers.items():
            odd[answer] = odd.get(answer, 0) + number
    return {
        "accepted": len(accepted),
        "deleted": sum(upload.deleted for upload in accepted),
        "longest_wait_s": round(waits[-1], 1) if waits else 0.0,
        "odd_answers": odd,
    }


def table(result: dict[str, Any]) -> str:
    """For docs/trust.md."""
    killed = ", ".join(f"{kind} {number}" for kind, number in result["killed"].items())
    served = result["searches"]
    lines = [
        "| what | figure |",
        "| --- | --- |",
        f"| kills (SIGKILL) | {result['kills']} in {result['kills_s']} s, seed {result['seed']}: {killed} |",
        f"| uploads accepted | {result['accepted']}, of which {result['deleted']} were deleted meanwhile |",
        f"| videos at the end | {', '.join(f'{number} {status}' for status, number in result['videos'].items())} |",
        f"| from the last kill to rest | {result['rest_s']} s |",
        f"| longest wait of an upload for an answer | {result['longest_wait_s']} s |",
        f"| searches during the kills | {served['answered']} answered, {served['failed']} not |",
    ]
    lines += [f"| {what} | {len(found)} |" for what, found in result["faults"].items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders of real videos (mp4)")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="small")
    parser.add_argument("--between", type=float, nargs=2, default=(1.0, 6.0), metavar="S", help="two kills")
    parser.add_argument("--upload-every", type=float, default=3.0, metavar="S")
    parser.add_argument("--models", type=Path, help="the folder `models` of an earlier SEEKFRAME_VAR")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", action="store_true", help="leave the folder, to look into it")
    given = parser.parse_args()
    files = sorted(file for folder in given.data for file in folder.rglob("*.mp4"))
    root = Path(tempfile.mkdtemp(prefix="seekframe-kills-"))
    root.chmod(0o755)  # the database may run as another user
    try:
        run = Run(given.kills, given.seed, tuple(given.between), given.upload_every, given.model, models=given.models)
        result = kill_run(run, files, root / "var")
    finally:
        if not given.keep:
            shutil.rmtree(root, ignore_errors=True)
    if given.json:
        given.json.write_text(json.dumps(result, indent=1))
    print(table(result))
    print(
        json.dumps({"faults": result["faults"], "reasons": result["reasons"], "odd": result["odd_answers"]}, indent=1)
    )
    sys.exit(any(result["faults"].values()))


if __name__ == "__main__":
    main()
