"""`manage.py fit_calibration --data ROOT`: fit the score of search to the weights in the repository."""

from pathlib import Path

from model_server.engine import Engine
from search.fitting.calibration import fit_calibration
from search.management.fit import FitCommand

SHORTEST_WORD = 3


class Command(FitCommand):
    help = "Fit the calibrated score to the model's weights (docs/search.md)."

    def fit(self, data: Path, engine: Engine, target: Path) -> None:
        report = fit_calibration(data, engine, whole_words(engine), target, self.stdout.write)
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
