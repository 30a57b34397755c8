"""`manage.py search "words"`: moments with their times and addresses, or "Nothing matches" and exit status 1.

It asks by the search page's own form, so that it takes every filter of the page and refuses what the page refuses.
"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from indexer.models import Label, Library
from indexer.selectors import videos_present
from search.engine import Hit, VideoHits, search
from search.management.named import libraries_named
from webapp.errors import faults_of
from webapp.model import engine
from webapp.pages.forms import SearchForm

MISUNDERSTOOD = 2
# Filters whose values need no looking up: by their names in the form, what they take.
PLAIN = {
    "uploader": "the name of who uploaded it",
    "since": "added on this day or later: 2026-03-01",
    "until": "added on this day or before",
    "recorded_since": "recorded on this day or later",
    "recorded_until": "recorded on this day or before",
    "tag": "tagged so",
    "longer": 'than "90 s", "2 min" or "1:30"',
    "shorter": "than that",
    "at_least": "percent: how well a moment must match",
    "page": "of the results, from 1",
}
CHOICES = {name: SearchForm.base_fields[name] for name in ("orientation", "sort", "must")}


class Command(BaseCommand):
    help = "Find moments by plain words."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("words", nargs="+")
        parser.add_argument("--library", help="name or id; every library by default")
        parser.add_argument("--label", help="name or id: only moments that were given it for sure")
        parser.add_argument("--captioned", action="store_const", const="yes", help="only moments with a caption")
        for name, says in PLAIN.items():
            parser.add_argument(flag(name), help=says)
        for name, field in CHOICES.items():
            parser.add_argument(flag(name), choices=[value for value, _ in field.choices if value])  # type: ignore[attr-defined]
        parser.add_argument("--limit", type=int, default=10, help="videos to show")

    def handle(self, *_args: Any, **options: Any) -> None:
        results = search(asked(options).request(), engine())
        if results.notice:
            self.stderr.write(results.notice)
        if results.nothing_matches:
            self.stdout.write("Nothing matches")
            sys.exit(1)
        for video in results.videos[: options["limit"]]:
            self._show(video, video.in_time if options["sort"] == "place" else video.hits)

    def _show(self, video: VideoHits, hits: list[Hit]) -> None:
        self.stdout.write(video.title)
        for hit in hits:
            then = "".join(f", then {clock(second)}" for second in hit.then_s)
            self.stdout.write(
                f"  {clock(hit.start_s)}-{clock(hit.end_s)}  {hit.score:4.0%}  by {hit.reason:7}  "
                f"{settings.SITE_URL}/v/{video.video_id}?t={hit.best_s:.1f}{then}"
            )


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def clock(seconds: float) -> str:
    """83.5 as 1:23; 3700 as 1:01:40."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def asked(options: dict[str, Any]) -> SearchForm:
    """The form, filled in and valid; CommandError with its sentence where it is not."""
    libraries = libraries_named(options["library"])
    given = {name: options[name] or "" for name in (*PLAIN, *CHOICES, "captioned")}
    given |= {"q": " ".join(options["words"]), "label": label_of(options["label"], libraries)}
    form = SearchForm(given, AnonymousUser())
    added = videos_present().filter(library__in=libraries).exclude(uploaded_by=None)
    form.offer(libraries, User.objects.filter(pk__in=added.order_by().values("uploaded_by")))
    if not form.is_valid():
        raise CommandError(faults_of(form), returncode=MISUNDERSTOOD)
    return form


def label_of(wanted: str | None, libraries: QuerySet[Library]) -> str:
    """The id of the one label that has this name or id."""
    if not wanted:
        return ""
    labels = Label.objects.filter(label_set__library__in=libraries).select_related("label_set__library")
    fitting = [label for label in labels if wanted in (label.name, str(label.pk))]
    if len(fitting) == 1:
        return str(fitting[0].pk)
    which = "more than one" if fitting else "no"
    among = ", ".join(f"{label.name} ({label.pk}, {label.label_set.library})" for label in fitting or labels)
    raise CommandError(f"There is {which} label {wanted!r}. There are: {among or 'none yet'}.")
