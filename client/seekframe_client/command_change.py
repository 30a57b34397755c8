"""`seekframe change`: one change to many videos of a library at once."""

import argparse
from collections.abc import Iterator
from datetime import datetime

from seekframe_client.batch_shapes import Batch, BatchChange
from seekframe_client.chosen import video_ids
from seekframe_client.client import Seekframe
from seekframe_client.named import library_named
from seekframe_client.output import FOUND, NOTHING, say
from seekframe_client.registering import Command

AT_ONCE = 1000  # videos that one call takes


def add(command: Command) -> None:
    changed = command("change", change, "One change to many videos of a library: tags, dates, titles.")
    changed.add_argument("video_ids", nargs="+", metavar="ID", help="or - for a list, as `seekframe videos` prints it")
    changed.add_argument("--library", help="name or id; that of the first video by default")
    one = changed.add_mutually_exclusive_group(required=True)
    one.add_argument("--tag", metavar="TAG", help="add it")
    one.add_argument("--untag", metavar="TAG", help="take it away")
    dated = "when they were recorded: 2026-03-01T14:30, in this machine's time zone where it says none"
    one.add_argument("--recorded", type=_moment, metavar="TIME", help=dated)
    one.add_argument("--undated", action="store_true", help="nobody knows when they were recorded")
    one.add_argument("--shift", type=int, metavar="SECONDS", help="move the date recorded; below 0 for earlier")
    one.add_argument("--titles", nargs=2, metavar=("FIND", "PUT"), help="letters of titles, and what takes their place")


def change(server: Seekframe, given: argparse.Namespace) -> int:
    """Exit status 1 where nothing was changed."""
    keys = video_ids(given.video_ids)
    library_id = _library_id(server, given.library, keys[0])
    done = Batch(changed=[], left=[])
    for start in range(0, len(keys), AT_ONCE):
        found = server.videos_edit(library_id, keys[start : start + AT_ONCE], **_asked(given))
        done["changed"] += found["changed"]
        done["left"] += found["left"]
    if given.json:
        say(done)
    for line in [] if given.json else _lines(done):
        say(line)
    return FOUND if done["changed"] else NOTHING


def _library_id(server: Seekframe, wanted: str | None, first: str) -> str:
    return library_named(server, wanted, to_change=True)["id"] if wanted else server.video(first)["library_id"]


def _asked(given: argparse.Namespace) -> BatchChange:
    if given.tag is not None:
        return {"tag": given.tag}
    if given.untag is not None:
        return {"untag": given.untag}
    if given.shift is not None:
        return {"shift_s": given.shift}
    if given.titles:
        return {"find": given.titles[0], "put": given.titles[1]}
    return {"recorded_at": None if given.undated else given.recorded}


def _lines(done: Batch) -> Iterator[str]:
    n_changed = len(done["changed"])
    yield f"{n_changed} video{'s' * (n_changed != 1)} changed"
    for left in done["left"]:
        yield f"{left['video_id']}  left as it was: {left['reason']}"


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.astimezone()).isoformat()
    except (ValueError, OverflowError) as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 2026-03-01T14:30") from problem
