"""`manage.py search "words"`: moments with their times and addresses, or "Nothing matches" and exit status 1."""

import sys
from argparse import ArgumentParser
from typing import Any, get_args
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from indexer.models import Library
from model_server.client import RemoteEngine
from search.engine import SearchRequest, VideoHits, search
from search.query import QueryError
from search.results import Sort


class Command(BaseCommand):
    help = "Find moments by plain words."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("words", nargs="+")
        parser.add_argument("--library", help="name or id; every library by default")
        parser.add_argument("--sort", choices=get_args(Sort), default="best")
        parser.add_argument("--limit", type=int, default=10, help="videos to show")

    def handle(self, *_args: Any, **options: Any) -> None:
        request = SearchRequest(" ".join(options["words"]), library_ids(options["library"]), sort=options["sort"])
        try:
            results = search(request, RemoteEngine(settings.MODEL_SERVER_URL, settings.MODEL_SERVER_TOKEN))
        except QueryError as problem:
            raise CommandError(str(problem), returncode=2) from problem
        if results.notice:
            self.stderr.write(results.notice)
        if results.nothing_matches:
            self.stdout.write("Nothing matches")
            sys.exit(1)
        for video in results.videos[: options["limit"]]:
            self._show(video)

    def _show(self, video: VideoHits) -> None:
        self.stdout.write(video.title)
        for hit in video.hits:
            then = "".join(f", then {clock(second)}" for second in hit.then_s)
            self.stdout.write(
                f"  {clock(hit.start_s)}-{clock(hit.end_s)}  {hit.score:4.0%}  by {hit.reason:7}  "
                f"{settings.SITE_URL}/v/{video.video_id}?t={hit.best_s:.1f}{then}"
            )


def clock(seconds: float) -> str:
    """83.5 as 1:23; 3700 as 1:01:40."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def library_ids(name: str | None) -> tuple[UUID, ...]:
    libraries = Library.objects.all()
    if name is not None:
        libraries = libraries.filter(pk=name) if _is_id(name) else libraries.filter(name=name)
        if not libraries:
            known = ", ".join(Library.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no library {name!r}. There are: {known}.")
    return tuple(libraries.values_list("pk", flat=True))


def _is_id(name: str) -> bool:
    try:
        Library._meta.pk.to_python(name)
    except ValidationError:
        return False
    return True
