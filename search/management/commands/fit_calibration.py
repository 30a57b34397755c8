"""`manage.py fit_calibration --data ROOT`: fit the score of search to the weights in the repository.

Loads the model in this process: run it after training, never inside the site.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from model_server.engine import Engine
from search import calibrate
from search.fitting.calibration import fit_calibration
from search.fitting.data import DataProblem

SHORTEST_WORD = 3


class Command(BaseCommand):
    help = "Fit the calibrated score to the model's weights (docs/search.md)."
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
            report = fit_calibration(options["data"], engine, whole_words(engine), target, self.stdout.write)
        except DataProblem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"Cut-off {report.cutoff:.3f} keeps {report.present_kept:.1%} of present queries, "
            f"{report.absent_kept:.1%} of absent ones and {report.nonsense_kept:.1%} of nonsense. Written to {target}."
        )


def whole_words(engine: Engine) -> list[str]:
    """Words in Latin letters that the text encoder's tokenizer has a piece for; none where it reads bytes.

    Short ones are left to the captions: a tokenizer keeps every pair of letters.
    """
    tokenizer = getattr(engine, "tokenizer", None)
    found = tokenizer.get_vocab() if tokenizer is not None and hasattr(tokenizer, "get_vocab") else {}
    pieces = {piece.removeprefix("▁").removesuffix("</w>") for piece in found}  # where words begin or end
    return sorted(piece for piece in pieces if len(piece) >= SHORTEST_WORD and piece.isascii() and piece.isalpha())
