"""`manage.py model_before`: the model that answers until the one chosen now has a complete space of its own."""

import os
import signal
import subprocess
import sys
from functools import partial
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from indexer.spaces import model_before
from webapp.embedded.checks import check_model
from webapp.embedded.programs import model_command
from webapp.embedded.spawn import end_with_parent
from webapp.embedded.supervision import StartProblem

LOOK_EVERY_S = 15.0


class Command(BaseCommand):
    help = "Serve the model whose space answers, while the space of another SEEKFRAME_MODEL is built; then end."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="where it listens, on this machine alone")
        parser.add_argument("--every", type=float, default=LOOK_EVERY_S, help="seconds between looks at the spaces")

    def handle(self, *, port: int, every: float, **_: Any) -> None:
        name = model_before()
        if name is None:
            return
        try:
            check_model(name)
        except StartProblem as problem:
            self.stderr.write(f"Until the new model's space is complete, searches find by words alone. {problem}")
            return
        self.stdout.write(f"{name} answers searches until the new model has seen every video.")
        signal.signal(signal.SIGTERM, _stop)
        server = subprocess.Popen(
            model_command(port),
            env=os.environ | {"SEEKFRAME_MODEL": name},
            preexec_fn=partial(end_with_parent, signal.SIGTERM),  # no threads run here
        )
        try:
            while model_before() == name:
                close_old_connections()
                try:
                    sys.exit(server.wait(every))  # it should not end by itself: it is started again
                except subprocess.TimeoutExpired:
                    pass
            self.stdout.write("The new model answers now.")
        finally:
            server.terminate()
            server.wait()


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
