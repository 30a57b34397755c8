"""`seekframe captions` and `transcript`: a video in words, what the model writes and what is said and written in it."""

import argparse
from pathlib import Path

from seekframe_client.client import Seekframe
from seekframe_client.named import video_id
from seekframe_client.output import FOUND, say
from seekframe_client.registering import Command
from seekframe_client.words import clock

ALL_WRITTEN = "Every segment has its caption."


def add(command: Command) -> None:
    captioned = command("captions", captions, "How far a video's captions are.")
    captioned.add_argument("video_id", metavar="ID")
    change = captioned.add_mutually_exclusive_group()
    change.add_argument("--start", action="store_true", help="write those that are missing")
    change.add_argument("--cancel", action="store_true", help="stop; what is written stays")
    change.add_argument("--list", action="store_true", help="those that are written")
    told = command("transcript", transcript, "What is said and written in a video.")
    told.add_argument("video_id", metavar="ID")
    told.add_argument("--kind", choices=["said", "written"], default="", help="one of the two")
    told.add_argument(
        "--subtitles", type=Path, metavar="FILE", help="a .srt or .vtt that takes the place of what was heard"
    )


def captions(server: Seekframe, given: argparse.Namespace) -> int:
    if given.list:
        return _list(server, given)
    act = server.captions_start if given.start else server.captions_cancel if given.cancel else server.captions
    found = act(video_id(given.video_id))
    if given.json:
        say(found)
    else:
        say(f"{found['n_captions']} of {found['n_segments']} segments  {found['state'] or ALL_WRITTEN}")
    return FOUND


def _list(server: Seekframe, given: argparse.Namespace) -> int:
    found = [segment for segment in server.segments(video_id(given.video_id)) if segment["caption"]]
    if given.json:
        say(found)
    for segment in [] if given.json else found:
        unsure = " (unsure)" if segment["unsure"] else ""
        say(f"{clock(segment['start_s'])}-{clock(segment['end_s'])}  {segment['caption']}{unsure}")
    return FOUND


def transcript(server: Seekframe, given: argparse.Namespace) -> int:
    if given.subtitles:
        taken = server.subtitles(video_id(given.video_id), given.subtitles)
        say(taken if given.json else _counted(taken["n_lines"]))
        return FOUND
    found = list(server.lines(video_id(given.video_id), given.kind))
    if given.json:
        say(found)
    for line in [] if given.json else found:
        say(f"{clock(line['start_s'])}-{clock(line['end_s'])}  {line['kind']:7}  {line['text']}")
    return FOUND


def _counted(n_lines: int) -> str:
    return f"{n_lines} line{'s' * (n_lines != 1)}"
