"""`manage.py fit_likeness --data ROOT`: fit the score of search by example to the weights in the repository."""

from pathlib import Path

from model_server.engine import Engine
from search.fitting.likeness import fit_likeness
from search.management.fit import FitCommand


class Command(FitCommand):
    help = "Fit the score of search by example to the model's weights (docs/search.md)."

    def fit(self, data: Path, engine: Engine, target: Path) -> None:
        for kind, report in fit_likeness(data, engine, target).items():
            self.stdout.write(
                f"{kind}: cut-off {report.cutoff:.3f}; {report.precision:.1%} of the hits above it are right, and "
                f"{report.recall:.1%} of those that are right lie above it."
            )
        self.stdout.write(f"Written to {target}.")
