"""Many people at once on the pages, the API and the videos: how long do they wait, and does anything fail?

    python -m benchmarks.web_load [--users 100] [--seconds 60] [--think 1 5] [--preset small] [--data DIR...]

`manage.py up` with data of its own, and in it the sample videos, indexed by the model (`--data` adds a folder of your
own). Each user has an account, made by an invitation, and a key. They sign in, `--arriving` a second; when all are in,
the measured time begins: home, a library, searches for words that nobody asked before, a video's page with its
pictures, storyboard and a piece of its file, and searches by the API, with seconds of thought between the steps.
Pictures that a browser has are not asked for again. The crowd runs on the same machine; `own_cores` is what it took.

Exit status 1: an answer was refused, broken, later than 30 s, or not the page that was asked for. The limits of the
product stand as they are; `limited` counts what they refused.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import crowd
from benchmarks.running import PASSWORD, Up, Visitor, wait_until
from webapp.env import ROOT

WAITING = """
from indexer.models import Video
from indexer.selectors import videos_present
print(videos_present().exclude(status=Video.Status.READY, media_status=Video.Status.READY).count())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, nargs=2, default=(1.0, 5.0), metavar="S", help="between two steps")
    parser.add_argument("--arriving", type=float, default=2, help="users who sign in a second")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="more videos than the samples")
    parser.add_argument("--models", type=Path, help="the folder `models` of an earlier SEEKFRAME_VAR")
    parser.add_argument("--locust", type=Path, default=crowd.LOCUST)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    crowd.check_locust(options.locust)
    root = Path(tempfile.mkdtemp(prefix="seekframe-load-"))
    root.chmod(0o755)  # the database may run as another user
    try:
        found = visited(options, root / "var")
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    sys.exit(report(found))


def visited(options: argparse.Namespace, var: Path) -> dict[str, Any]:
    var.mkdir()
    if options.models:
        shutil.copytree(options.models, var / "models")
    up = Up(var, SEEKFRAME_MODEL=options.preset, LOAD_USERS=str(options.users), LOAD_PASSWORD=PASSWORD)
    up.start()
    try:
        up.wait_ready()
        Visitor(up.address).make_first_account()
        put_videos_in(up, options.data)
        seen = json.loads(typed(up, (ROOT / "benchmarks" / "web_people.py").read_text()))
        asked = {"users": options.users, "seconds": options.seconds, "think_s": options.think}
        asked |= {"a_second": options.arriving, "password": PASSWORD}
        found = crowd.send("crowd_visits", options.locust, host=up.address, **asked, **seen)
        return {"users": options.users, "seconds": options.seconds, "videos": len(seen["videos"]), **found}
    finally:
        if up.process.poll() is None:
            up.end(signal.SIGINT)


def put_videos_in(up: Up, folders: list[Path]) -> None:
    commands = [["index_samples"]]
    if folders:
        commands.append(["add_videos", *map(str, folders), "--library", "My videos", "--owner", "alice"])
    for command in commands:
        done = up.manage(*command)
        if done.returncode:
            raise SystemExit(f"{command[0]}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    wait_until(lambda: typed(up, WAITING) == "0", "copies that play, posters and storyboards")


def typed(up: Up, script: str) -> str:
    """The last line that a script prints inside the product."""
    done = up.manage("shell", "--no-imports", "-c", script)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout.splitlines()[-1]


def report(found: dict[str, Any]) -> bool:
    """Prints the tables; whether anything went wrong."""
    samples = [*found["arriving"], *found["measured"]]
    print(f"{found['users']} users, {found['videos']} videos, {found['took_s']} s, own_cores {found['own_cores']}")
    print(f"{len(found['measured']) / found['took_s']:.1f} requests a second")
    for phase in ("arriving", "measured"):
        rows = [{phase: kind, **row} for kind, row in crowd.by_kind(found[phase]).items()]
        print(f"\n{crowd.markdown(rows)}" if rows else f"\nnothing {phase}")
    print("\n".join(["", *crowd.said(samples)]))
    return not found["measured"] or any(sample["error"] for sample in samples)


if __name__ == "__main__":
    main()
