"""`manage.py find_copies`: which videos look like copies of each other. The library's page then shows them too."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from search.copies_kept import copies_find, copies_in, said
from search.management.named import libraries_named


class Command(BaseCommand):
    help = "Find videos whose streams are nearly the same, library by library."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--library", help="name or id; every library by default")

    def handle(self, *_args: Any, **options: Any) -> None:
        for library in libraries_named(options["library"]):
            n_pairs = copies_find(library)
            self.stdout.write(f"{library.name}: {n_pairs} pair{'s' * (n_pairs != 1)}")
            for line in said(copies_in(library)):
                self.stdout.write(f"  {line}")
