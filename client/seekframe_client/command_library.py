"""`seekframe labels`, `saved` and `trash`: what a library and a person keep."""

import argparse
from collections.abc import Iterator

from seekframe_client.chosen import each, video_ids
from seekframe_client.client import Seekframe
from seekframe_client.named import library_named
from seekframe_client.output import FOUND, say
from seekframe_client.registering import Command
from seekframe_client.shapes import LabelSet, Library
from seekframe_client.words import clock


def add(command: Command) -> None:
    named = command("labels", labels, "Label sets of libraries: how often and how long each name was given.")
    named.add_argument("--library", help="name or id; every library by default")
    change = named.add_mutually_exclusive_group()
    change.add_argument(
        "--make", nargs="+", metavar=("SET", "NAME"), help="a set of names to hold the segments against"
    )
    change.add_argument("--delete", type=int, metavar="SET", help="by its id; the videos stay")
    kept = command("saved", saved, "Your saved searches.")
    change = kept.add_mutually_exclusive_group()
    asked = 'in the words of its address: "q=a+dog&sort=newest"'
    change.add_argument("--make", nargs=2, metavar=("NAME", "ASKED"), help=f"save a search, {asked}")
    change.add_argument("--delete", type=int, metavar="ID")
    thrown = command("trash", trash, "Videos in the trash, of libraries that you may change.")
    thrown.add_argument("--library", help="name or id; every library by default")
    change = thrown.add_mutually_exclusive_group()
    change.add_argument("--put", nargs="+", metavar="ID", help="put these videos into the trash; - for a list")
    change.add_argument("--restore", nargs="+", metavar="ID", help="bring these back, as they were; - for a list")


def labels(server: Seekframe, given: argparse.Namespace) -> int:
    if given.delete is not None:
        server.label_set_delete(given.delete)
        say("null" if given.json else "Deleted.")
        return FOUND
    found = [_made(server, given)] if given.make else list(_sets(server, given.library))
    if given.json:
        say(found)
    for label_set in [] if given.json else found:
        say(f"{label_set['id']}  {label_set['name']}, {_done(label_set)}")
        for label in label_set["labels"]:
            say(f"  {label['id']}  {label['n_segments']:6} times  {clock(label['duration_s']):>8}  {label['name']}")
    return FOUND


def _made(server: Seekframe, given: argparse.Namespace) -> LabelSet:
    name, *names = given.make
    library = library_named(server, given.library, to_change=True)
    return server.label_set_create(library["id"], name, names)


def _sets(server: Seekframe, library: str | None) -> Iterator[LabelSet]:
    for row in _among(server, library):
        yield from server.label_sets(row["id"])


def _among(server: Seekframe, library: str | None) -> list[Library]:
    return [library_named(server, library)] if library else list(server.libraries())


def _done(label_set: LabelSet) -> str:
    return f"{label_set['n_labelled']} of {label_set['n_segments']} segments looked at"


def saved(server: Seekframe, given: argparse.Namespace) -> int:
    if given.delete is not None:
        server.saved_search_delete(given.delete)
        say("null" if given.json else "Deleted.")
        return FOUND
    found = [server.search_save(*given.make)] if given.make else list(server.saved_searches())
    if given.json:
        say(found)
    for search in [] if given.json else found:
        say(f"{search['id']}  {search['name']}  {search['url']}")
    return FOUND


def trash(server: Seekframe, given: argparse.Namespace) -> int:
    if given.put:
        return _put(server, given)
    status = FOUND
    if given.restore:
        found, status = each(video_ids(given.restore), server.video_restore)
    else:
        library = library_named(server, given.library)["id"] if given.library else None
        found = list(server.videos(library=library, trashed=True))
    if given.json:
        say(found)
    for video in [] if given.json else found:
        since = f"  in the trash since {video['trashed_at'][:10]}" if video["trashed_at"] else "  restored"
        say(f"{video['id']}  {video['title']}{since}")
    return status


def _put(server: Seekframe, given: argparse.Namespace) -> int:
    keys = video_ids(given.put)
    put, status = each(keys, server.video_delete)
    if given.json:
        say("null")
    elif len(keys) > 1:
        say(f"{len(put)} of {len(keys)} videos put into the trash.")
    elif put:
        say("In the trash.")
    return status
