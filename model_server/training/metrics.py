"""What a run reaches, step by step: one JSON object a line in metrics.jsonl, and the same for TensorBoard."""

import json
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

FILE = "metrics.jsonl"


class Metrics:
    """Of one run. Only its first process has one."""

    def __init__(self, out: Path) -> None:
        self.path = out / FILE
        self.board = SummaryWriter(str(out / "tensorboard"))

    def write(self, row: dict[str, Any]) -> None:
        """A row has a `step`; its numbers are drawn against it, those of a nested object under its name."""
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        for name, value in row.items():
            for part, number in value.items() if isinstance(value, dict) else [("", value)]:
                if name != "step" and isinstance(number, int | float):
                    tag = f"{name}/{part}".strip("/").replace("@", "_")  # TensorBoard takes no @
                    self.board.add_scalar(tag, number, row["step"])
        self.board.flush()
