"""`seekframe`: search, upload and look from the command line, by SEEKFRAME_URL and SEEKFRAME_KEY.

Exit status: 0 where it did what was asked, 1 where nothing matches or changes, 2 where something went wrong.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from seekframe_client import (
    command_change,
    command_library,
    command_moments,
    command_sharing,
    command_sources,
    command_words,
)
from seekframe_client.client import Seekframe
from seekframe_client.environment import seekframe, sentence_of
from seekframe_client.errors import SeekframeError
from seekframe_client.named import library_named, video_id
from seekframe_client.narrowing import add_filters, filters_of
from seekframe_client.output import FOUND, NOTHING, NOTHING_MATCHES, say, wrong
from seekframe_client.registering import Act
from seekframe_client.shapes import VideoHits
from seekframe_client.words import clock


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    given = parser().parse_args(arguments)
    act: Act = given.act
    try:
        with seekframe() as server:
            return act(server, given)
    except SeekframeError as problem:
        return wrong(sentence_of(problem))
    except OSError as problem:
        return wrong(f"{problem.filename or 'A file'}: {problem.strerror or problem}.")
    except KeyboardInterrupt:
        return wrong("Stopped.")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="seekframe", description="Find the moment in your own videos from plain words.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, act: Act, says: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=says, description=says)
        made.add_argument("--json", action="store_true", help="what the API answers, as JSON")
        made.set_defaults(act=act)
        return made

    found = command("search", search, "Find moments by plain words.")
    found.add_argument("words", nargs="*", help="none are needed with --like or --picture")
    add_filters(found)
    found.add_argument("--limit", type=int, default=10, help="videos to show")
    sent = command("upload", upload, "Upload video files.")
    sent.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    sent.add_argument("--library", help="name or id; not needed where there is one that you may change")
    sent.add_argument("--title", default="", help="of a single file; its name by default")
    sent.add_argument("--allow-duplicate", action="store_true", help="keep a file that the library has already")
    listed = command("videos", videos, "List videos, the newest first.")
    listed.add_argument("--library", help="name or id")
    listed.add_argument("--status", choices=["uploaded", "indexing", "ready", "failed", "cancelled", "quarantined"])
    command("libraries", libraries, "List libraries.")
    alike = command("copies", copies, "Pairs of videos that look like copies of each other.")
    alike.add_argument("--library", help="name or id; every library by default")
    change = alike.add_mutually_exclusive_group()
    change.add_argument("--dismissed", action="store_true", help="those that somebody said are none")
    change.add_argument("--dismiss", type=int, metavar="PAIR", help="it is no copy")
    change.add_argument("--restore", type=int, metavar="PAIR", help="it may be one after all")
    command("segments", segments, "A video's segments with their captions.").add_argument("video_id", metavar="ID")
    for part in (command_moments, command_words, command_library, command_change, command_sharing, command_sources):
        part.add(command)
    asked = command("ask", ask, "Ask about a moment of a video.")
    asked.add_argument("video_id", metavar="ID")
    asked.add_argument("question")
    asked.add_argument("--at", type=float, default=0.0, metavar="SECONDS", help="the moment; the start by default")
    asked.add_argument("--answer", action="append", default=[], help="to choose from, once each; none for yes or no")
    return top


def search(server: Seekframe, given: argparse.Namespace) -> int:
    results = server.search(" ".join(given.words), **filters_of(server, given))
    if results["notice"]:
        sys.stderr.write(results["notice"] + "\n")
    if given.json:
        say(results)
    elif results["nothing_matches"]:
        say(NOTHING_MATCHES)
    else:
        for video in results["videos"][: given.limit]:
            _show(video)
    return NOTHING if results["nothing_matches"] else FOUND


def _show(video: VideoHits) -> None:
    say(video["title"])
    for hit in video["hits"]:
        then = "".join(f", then {clock(second)}" for second in hit["then_s"])
        span = f"{clock(hit['start_s'])}-{clock(hit['end_s'])}"
        say(f"  {span}  {hit['score']:4.0%}  by {hit['reason']:7}  {hit['url']}{then}")


def upload(server: Seekframe, given: argparse.Namespace) -> int:
    if given.title and len(given.paths) > 1:
        return wrong("One title is for one file: leave --title out, or send the files one by one.")
    library, worst = library_named(server, given.library, to_change=True), FOUND
    for path in given.paths:
        worst = max(worst, _upload(server, path, library["id"], given))
    return worst


def _upload(server: Seekframe, path: Path, library_id: str, given: argparse.Namespace) -> int:
    """One that fails does not keep the others from being sent."""
    shown = _progress(path) if sys.stderr.isatty() else lambda _here, _all: None
    try:
        video = server.upload(
            path, library_id, title=given.title, allow_duplicate=given.allow_duplicate, progress=shown
        )
    except SeekframeError as problem:
        if problem.status in (0, 401):
            raise  # of no file: it would be the same with the next
        there = f" It is video {problem.video_id}." if problem.video_id else ""
        return wrong(f"{path}: {sentence_of(problem)}{there}")
    except OSError as problem:
        return wrong(f"{path}: {problem.strerror or problem}.")
    say(video if given.json else f"{video['id']}  {video['title']}")
    return FOUND


def _progress(path: Path) -> Callable[[int, int], None]:
    def shown(here: int, in_all: int) -> None:
        sys.stderr.write(f"\r{path.name}: {here / max(in_all, 1):4.0%}" + ("\n" if here >= in_all else ""))
        sys.stderr.flush()

    return shown


def videos(server: Seekframe, given: argparse.Namespace) -> int:
    library = library_named(server, given.library)["id"] if given.library else None
    found = list(server.videos(library=library, status=given.status))
    if given.json:
        say(found)
    for video in [] if given.json else found:
        length = "" if video["duration_s"] is None else clock(video["duration_s"])
        why = f"  {video['error']}" if video["error"] else ""
        say(f"{video['id']}  {video['status']:11}  {length:>8}  {video['title']}{why}")
    return FOUND


def libraries(server: Seekframe, given: argparse.Namespace) -> int:
    found = list(server.libraries())
    if given.json:
        say(found)
    for library in [] if given.json else found:
        say(f"{library['id']}  {library['role']:6}  {library['n_videos']:6} videos  {library['name']}")
    return FOUND


def copies(server: Seekframe, given: argparse.Namespace) -> int:
    if given.dismiss is not None or given.restore is not None:
        found = [server.copy_dismiss(given.dismiss) if given.restore is None else server.copy_restore(given.restore)]
    else:
        of = [library_named(server, given.library)] if given.library else list(server.libraries())
        found = [pair for row in of for pair in server.copies(row["id"], dismissed=given.dismissed)]
    if given.json:
        say(found)
    for pair in [] if given.json else found:
        none = "  not a copy" if pair["dismissed_at"] else ""
        say(f"{pair['id']}  {pair['share']:4.0%}  {pair['first_id']}  {pair['second_id']}{none}")
    return FOUND


def segments(server: Seekframe, given: argparse.Namespace) -> int:
    found = list(server.segments(video_id(given.video_id)))
    if given.json:
        say(found)
    for segment in [] if given.json else found:
        words = segment["caption"] or "no caption"
        unsure = " (unsure)" if segment["unsure"] else ""
        say(f"{clock(segment['start_s'])}-{clock(segment['end_s'])}  {words}{unsure}")
    return FOUND


def ask(server: Seekframe, given: argparse.Namespace) -> int:
    asked = server.ask(video_id(given.video_id), given.question, given.answer, given.at)
    if given.json:
        say(asked)
        return FOUND
    sure = "" if asked["sure"] else " (not sure)"
    say(f"{clock(asked['start_s'])}-{clock(asked['end_s'])}  {asked['answers'][0]['text']}{sure}")
    for answer in asked["answers"]:
        say(f"  {answer['similarity']:.2f}  {answer['text']}")
    return FOUND
