"""`manage.py add_videos PATH...`: files and folders into a library, with progress; exit status 1 where one failed."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError

from indexer.adding import AlreadyThere, CannotAdd, add, files_in, library_named, person_named
from indexer.models import IndexMode, Library, Video
from indexer.modes import mode_set
from indexer.watching import watch


class Command(BaseCommand):
    help = "Add videos, or folders of them, to a library and index them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--library", default="Videos", help="its name; made where there is none")
        parser.add_argument("--owner", help="account that adds; needed where there are several")
        parser.add_argument(
            "--mode",
            choices=IndexMode.values,
            help="how videos of this library are read from now on: in full, or fast, keyframes only",
        )
        parser.add_argument("--no-wait", action="store_true", help="do not wait until they are indexed")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            owner = person_named(options["owner"])
            library = library_named(options["library"], owner)
        except CannotAdd as problem:
            raise CommandError(str(problem)) from problem
        if options["mode"]:
            mode_set(library=library, mode=options["mode"])
        self.refused = 0  # paths that were named and could not be added; inside a folder, other files are expected
        paths = self._files(options["paths"])
        added = list(self._add(paths, options["paths"], library, owner))
        self._write(f"{len(added)} of {len(paths)} files added to «{library.name}».")
        lost = [] if options["no_wait"] else watch(added, self._write)
        if lost or self.refused:
            sys.exit(1)

    def _files(self, named: list[Path]) -> list[Path]:
        found: list[Path] = []
        for path in named:
            try:
                found += files_in(path)
            except CannotAdd as problem:
                self.refused += 1
                self.stderr.write(f"{path}: {problem}")
        return found

    def _add(
        self, paths: list[Path], named: list[Path], library: Library, owner: AbstractBaseUser | None
    ) -> Iterator[Video]:
        for n, path in enumerate(paths, start=1):
            try:
                yield add(path, library, owner)
            except CannotAdd as problem:
                self.refused += path in named and not isinstance(problem, AlreadyThere)
                self._write(f"{n}/{len(paths)} {path.name}: skipped. {problem}")
            else:
                self._write(f"{n}/{len(paths)} {path.name}: added, {path.stat().st_size / 1e6:.1f} MB")

    def _write(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
