"""`manage.py fit_likeness --data ROOT`: fit the score of search by example to the weights in the repository.

Loads the model in this process: run it after training, never inside the site.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from search import calibrate
from search.fitting.data import DataProblem
from search.fitting.likeness import fit_likeness


class Command(BaseCommand):
    help = "Fit the score of search by example to the model's weights (docs/search.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder of data folders with captions.jsonl")
        parser.add_argument("--model", default=settings.SEEKFRAME_MODEL)
        parser.add_argument("--target", type=Path, help="where to write; beside the weights by default")

    def handle(self, *_args: Any, **options: Any) -> None:
        from model_server.loading import engine_of  # the model is loaded by this command alone

        engine = engine_of(options["model"], settings.SEEKFRAME_DEVICE)
        target = options["target"] or calibrate.directory(options["model"])
        try:
            reports = fit_likeness(options["data"], engine, target)
        except DataProblem as problem:
            raise CommandError(str(problem)) from problem
        for kind, report in reports.items():
            self.stdout.write(
                f"{kind}: cut-off {report.cutoff:.3f}; {report.precision:.1%} of the hits above it are right, and "
                f"{report.recall:.1%} of those that are right lie above it."
            )
        self.stdout.write(f"Written to {target}.")
