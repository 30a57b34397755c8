"""`manage.py index_samples`: the sample library, made once and completed where something is missing."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from indexer import samples
from indexer.watching import watch


class Command(BaseCommand):
    help = "Make the sample library from clips and photos that ship inside installed packages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-wait", action="store_true", help="do not wait until they are indexed")

    def handle(self, *_args: Any, **options: Any) -> None:
        for package in samples.missing():
            self._write(f"The package {package} is not installed in full: its samples are left out.")
        added = []
        for video in samples.add_samples():
            self._write(f"{video.title}: added")
            added.append(video)
        if not added:
            self._write("The sample library is complete.")
        if not options["no_wait"] and watch(added, self._write):
            sys.exit(1)

    def _write(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
