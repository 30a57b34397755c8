"""`seekframe sources` and `files`: the places that a library's videos come from, and what became of each file there."""

import argparse
from typing import get_args

from seekframe_client.client import Seekframe
from seekframe_client.named import library_named, source_id
from seekframe_client.output import FOUND, say
from seekframe_client.registering import Command
from seekframe_client.sources_shapes import Source, SourceItem, Status


def add(command: Command) -> None:
    kept = command("sources", sources, "Folders, buckets and addresses that a library's videos come from.")
    kept.add_argument("--library", help="name or id; not needed where there is one that you may change")
    deed = kept.add_mutually_exclusive_group()
    place = "a folder of the server (/...) or a bucket (s3://...) that may be watched, or an address (https://...)"
    deed.add_argument("--add", metavar="PLACE", help=place)
    deed.add_argument("--remove", metavar="ID", help="the videos that it brought in stay")
    deed.add_argument("--pause", metavar="ID", help="what has come is kept")
    deed.add_argument("--resume", metavar="ID", help="one that is paused goes on")
    deed.add_argument("--look", metavar="ID", help="ask a worker to look now")
    seen = command("files", files, "The files seen at a source, and what became of each.")
    seen.add_argument("source_id", metavar="SOURCE")
    seen.add_argument("--status", choices=get_args(Status))
    deed = seen.add_mutually_exclusive_group()
    deed.add_argument("--cancel", type=int, metavar="FILE", help="do not bring it in")
    deed.add_argument("--retry", type=int, metavar="FILE", help="one that was refused or cancelled")


def sources(server: Seekframe, given: argparse.Namespace) -> int:
    if given.remove:
        server.source_remove(source_id(given.remove))
        say("null" if given.json else "Removed.")
        return FOUND
    if given.look:
        server.source_look(source_id(given.look))
        say("null" if given.json else "A worker is asked to look.")
        return FOUND
    found = _sources(server, given)
    if given.json:
        say(found)
    for source in [] if given.json else found:
        counts = f"{source['n_fetched']} in, {source['n_waiting']} to come, {source['n_refused']} refused"
        say(f"{source['id']}  {source['kind']:7}  {source['place']}  {counts}  {source['state']}")
    return FOUND


def _sources(server: Seekframe, given: argparse.Namespace) -> list[Source]:
    if given.pause or given.resume:
        return [server.source_pause(source_id(given.pause or given.resume), bool(given.pause))]
    library_id = library_named(server, given.library, to_change=True)["id"]
    return [server.source_add(library_id, given.add)] if given.add else list(server.sources(library_id))


def files(server: Seekframe, given: argparse.Namespace) -> int:
    found = _files(server, given)
    if given.json:
        say(found)
    for item in [] if given.json else found:
        video = f"  video {item['video_id']}" if item["video_id"] else ""
        say(f"{item['id']}  {item['status']:9}  {item['key']}  {item['state']}{video}")
    return FOUND


def _files(server: Seekframe, given: argparse.Namespace) -> list[SourceItem]:
    key = source_id(given.source_id)
    if given.cancel is not None:
        return [server.source_item_cancel(key, given.cancel)]
    if given.retry is not None:
        return [server.source_item_retry(key, given.retry)]
    return list(server.source_items(key, status=given.status))
