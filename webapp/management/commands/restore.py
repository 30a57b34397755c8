"""`manage.py restore SOURCE`: a backup into an empty place, every byte compared with its hash first."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp import env
from webapp.backup import databases, manifest, put_back
from webapp.backup.manifest import Manifest
from webapp.backup.problems import BackupProblem
from webapp.embedded.supervision import StartProblem


class Command(BaseCommand):
    help = "Put a backup back, with Seekframe stopped. SOURCE is the folder given to `backup`, or one backup in it."
    requires_system_checks: list[str] = []  # they would ask a database that may not run yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="SOURCE")
        parser.add_argument("--check", action="store_true", help="only look whether every byte of it is unchanged")
        parser.add_argument("--force", action="store_true", help="also over a database or a store that is not empty")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            place, folder = manifest.chosen(options["source"].absolute())
            made = manifest.read(folder)
            if options["check"]:
                put_back.check(place=place, folder=folder, made=made)
                self.stdout.write(f"{folder} is whole: {made.n_videos} videos, of {made.made_at}.")
                return
            with databases.to_replace() as url:
                put_back.restore(url=url, place=place, folder=folder, made=made, force=options["force"])
                _migrate(url)
        except (BackupProblem, StartProblem) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"The restore was not finished: run it again. {problem}") from problem
        self._say(made)

    def _say(self, made: Manifest) -> None:
        n_files = len(made.files) + len(made.parts)
        self.stdout.write(f"Restored: {made.n_videos} videos, {n_files} files, as of {made.made_at}.")
        for key in made.lacking:
            self.stderr.write(f"{key} was missing when the backup was made, and is missing now.")


def _migrate(url: str) -> None:
    """A backup of an older version is brought forward; in a process of its own, which reads this database."""
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"]
    environment = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, cwd=env.ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise BackupProblem(f"The backup is restored, and could not be brought up to date: {last}")
