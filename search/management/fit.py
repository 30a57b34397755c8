"""What commands that fit a score to the weights share: the data, the model, and where the fit is written.

Each loads the model in its own process: run it after training, never inside the site.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from model_server.engine import Engine
from search import calibrate
from search.fitting.data import DataProblem


class FitCommand(BaseCommand):
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder of data folders with captions.jsonl")
        parser.add_argument("--model", default=settings.SEEKFRAME_MODEL)
        parser.add_argument("--target", type=Path, help="where to write; beside the weights by default")

    def handle(self, *_args: Any, **options: Any) -> None:
        from model_server.loading import engine_of  # the model is loaded by these commands alone

        engine = engine_of(options["model"], settings.SEEKFRAME_DEVICE)
        target = options["target"] or calibrate.directory(options["model"])
        try:
            self.fit(options["data"], engine, target)
        except DataProblem as problem:
            raise CommandError(str(problem)) from problem

    def fit(self, data: Path, engine: Engine, target: Path) -> None:
        """Fit, write below `target`, and say how good it is."""
        raise NotImplementedError
