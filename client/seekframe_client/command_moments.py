"""`seekframe moments`, `clip` and `why`: a query along one video, as a list, as files, and explained."""

import argparse
from pathlib import Path
from typing import get_args

from seekframe_client.client import Seekframe
from seekframe_client.named import video_id
from seekframe_client.output import FOUND, NOTHING, NOTHING_MATCHES, say, wrong
from seekframe_client.registering import Command
from seekframe_client.shapes import Ending, Moments
from seekframe_client.words import clock, seconds


def add(command: Command) -> None:
    along = command("moments", moments, "When, how often and how long a video shows what you say.")
    along.add_argument("video_id", metavar="ID")
    along.add_argument("words", nargs="+")
    along.add_argument("--at-least", type=int, default=50, metavar="PERCENT", help="how well it must match")
    along.add_argument("--as", dest="ending", choices=get_args(Ending), help="a table, chapters, or a cut list")
    along.add_argument("--out", type=Path, metavar="FILE", help="takes what --as makes; printed by default")
    cut = command("clip", clip, "Cut a part out of a video, as an MP4.")
    cut.add_argument("video_id", metavar="ID")
    cut.add_argument("start", type=_time, metavar="START", help="seconds, or 1:23")
    cut.add_argument("end", type=_time, metavar="END", help="seconds, or 1:23; ten minutes later at most")
    cut.add_argument("--out", type=Path, metavar="FILE", required=True, help="takes the clip")
    asked = command("why", why, "Why a moment of a video is a hit, or is none.")
    asked.add_argument("video_id", metavar="ID")
    asked.add_argument("words", nargs="+")
    asked.add_argument("--at", type=_time, default=0.0, metavar="TIME", help="seconds, or 1:23; the start by default")


def moments(server: Seekframe, given: argparse.Namespace) -> int:
    if given.out and not given.ending:
        return wrong(f"Say what {given.out} shall be: --as {', '.join(get_args(Ending))}.")
    if given.ending and given.json:
        return wrong("A file is no JSON: leave one of --as and --json out.")
    video, words = video_id(given.video_id), " ".join(given.words)
    found = server.moments(video, words, given.at_least)
    if given.json:
        say(found)
    elif not found["moments"]:
        say(NOTHING_MATCHES)
    elif given.ending:
        _write(server.moments_file(video, words, given.ending, given.at_least), given.out)
    else:
        _show(found)
    return FOUND if found["moments"] else NOTHING


def _write(file: bytes, out: Path | None) -> None:
    if out is None:
        say(file.decode().removesuffix("\n"))
    else:
        out.write_bytes(file)
        say(str(out))


def _show(found: Moments) -> None:
    say(f"{found['n_moments']} moment{'s' * (found['n_moments'] != 1)}, {clock(found['total_s'])} in all")
    for moment in found["moments"]:
        say(f"  {clock(moment['start_s'])}-{clock(moment['end_s'])}  {moment['score']:4.0%}")


def clip(server: Seekframe, given: argparse.Namespace) -> int:
    made = server.clip(video_id(given.video_id), given.start, given.end, given.out)
    say({"file": str(made)} if given.json else str(made))
    return FOUND


def why(server: Seekframe, given: argparse.Namespace) -> int:
    """Exit status 1 where the moment is no hit."""
    found = server.why(video_id(given.video_id), " ".join(given.words), given.at)
    if given.json:
        say(found)
        return FOUND if found["is_hit"] else NOTHING
    verdict = "a hit" if found["is_hit"] else "no hit"
    say(f"{clock(found['best_s'])}  {found['score']:.0%}, {verdict}: one begins at {found['cutoff']:.0%}")
    if found["caption"]:
        say(f"  captioned: {found['caption']}")
    for phrase in found["phrases"]:
        say(f"  {phrase['similarity']:.2f}  {phrase['text']}")
    return FOUND if found["is_hit"] else NOTHING


def _time(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 83.5 or 1:23.5") from problem
