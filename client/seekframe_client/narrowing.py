"""What `seekframe search` is narrowed to and ordered by: every filter of the API, as options."""

import argparse
from pathlib import Path
from typing import cast

from seekframe_client.client import Seekframe
from seekframe_client.named import label_named, library_named
from seekframe_client.shapes import Filters

# By their names in the API: what they take.
WORDS = {
    "uploader": "the name of who uploaded it",
    "since": "added on this day or later: 2026-03-01",
    "until": "added on this day or before",
    "recorded_since": "recorded on this day or later",
    "recorded_until": "recorded on this day or before",
    "tag": "tagged so",
    "longer": 'than "90 s", "2 min" or "1:30"',
    "shorter": "than that",
    "like": "a moment that it shall look like: VIDEO@12.5",
}
NUMBERS = {"at_least": "percent: how well a moment must match", "page": "of the results, from 1"}
CHOICES = {
    "orientation": ("landscape", "portrait"),
    "sort": ("best", "newest", "oldest", "place"),
    "must": ("any", "not_no", "yes"),
}


def add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--library", help="name or id; every library by default")
    parser.add_argument("--label", help="name or id: only moments that were given it for sure")
    parser.add_argument("--captioned", action="store_const", const="yes", help="only moments with a caption")
    parser.add_argument("--picture", type=Path, metavar="PATH", help="a picture that it shall look like")
    for name, says in WORDS.items():
        parser.add_argument(_flag(name), help=says)
    for name, says in NUMBERS.items():
        parser.add_argument(_flag(name), type=int, help=says)
    for name, choices in CHOICES.items():
        parser.add_argument(_flag(name), choices=choices)


def filters_of(server: Seekframe, given: argparse.Namespace) -> Filters:
    """What was chosen, with names looked up and the picture sent."""
    options = vars(given)
    chosen = {name: options[name] for name in (*WORDS, *NUMBERS, *CHOICES, "captioned") if options[name] is not None}
    libraries = [library_named(server, given.library)["id"]] if given.library else []
    if libraries:
        chosen["library"] = libraries[0]
    if given.label:
        among = libraries or [row["id"] for row in server.libraries()]
        chosen["label"] = label_named(server, given.label, among)["id"]
    if given.picture:
        chosen["like"] = server.picture(given.picture)["id"]
    return cast(Filters, chosen)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
