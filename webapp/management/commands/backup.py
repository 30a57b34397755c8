"""`manage.py backup DEST`: the database and every stored file, while Seekframe runs; only what is new is copied."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.backup import databases
from webapp.backup.problems import BackupProblem
from webapp.backup.take import Taken, backup_take
from webapp.embedded.supervision import StartProblem
from webapp.uploads.kinds import in_words

NOT_IN_IT = (
    "Not in it: uploads still being sent, the secrets and settings (.env, the folder of SEEKFRAME_VAR) and model"
    " folders you made. With another SECRET_KEY everybody signs in anew."
)


class Command(BaseCommand):
    help = "Save the database and every stored file to a folder. A second backup there copies only what is new."
    requires_system_checks: list[str] = []  # they would ask a database that may not run yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dest", type=Path, metavar="DEST", help="a folder, best on another disk")
        parser.add_argument("--keep", type=int, default=0, metavar="N", help="only the newest N backups stay; 0: all")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            with databases.to_read() as url:
                taken = backup_take(url=url, place=options["dest"].absolute(), keep=max(0, options["keep"]))
        except (BackupProblem, StartProblem) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"The backup was not finished; earlier ones are whole. {problem}") from problem
        self._say(taken)

    def _say(self, taken: Taken) -> None:
        made = taken.manifest
        n_files = len(made.files) + len(made.parts)
        copied = f"{taken.n_new} new ({in_words(taken.new_bytes)})"
        self.stdout.write(f"{taken.folder}: {made.n_videos} videos, {n_files} files, {copied}.")
        self.stdout.write(NOT_IN_IT)
        for key in made.lacking:
            self.stderr.write(f"{key} is named in the database and was not in the store.")
