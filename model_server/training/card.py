"""The model card written beside the weights: what they were trained on, how, when, and what they reached."""

import argparse
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from model_server.training.features import Features

CARD = "MODEL_CARD.md"


def write_card(
    out: Path, args: argparse.Namespace, known: list[Features], validation: dict[str, float], command: str
) -> None:
    settings = {key: value for key, value in vars(args).items() if key not in ("data", "out", "cache")}
    lines = [
        f"# {args.preset}: a VL-JEPA trained with Seekframe",
        "",
        f"Made {datetime.now(UTC):%Y-%m-%d} at commit {commit()} by `python -m model_server.training.{command}`.",
        "",
        "## Training data",
        *(f"- {folder_line(part)}" for part in known),
        "",
        "The weights carry the limits of these data's licences: read each source's licence before commercial use,",
        "and train on your own captions with the same command where they do not fit.",
        "",
        "## Settings",
        *(f"- {key}: {value}" for key, value in sorted(settings.items())),
        "",
        "## Measured on the split `val` during training (percent; R: text to video)",
        *([f"- {key}: {value}" for key, value in validation.items()] or ["- no item of the data had the split `val`"]),
        "",
    ]
    (out / CARD).write_text("\n".join(lines))


def folder_line(part: Features) -> str:
    kinds = Counter("photos" if item.is_photo else "videos" for item in part.items)
    n_captions = sum(len(item.captions) for item in part.items)
    what = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    folder = next(p for p in part.items[0].path.parents if (p / "captions.jsonl").exists())
    licences = Counter(item.licence or "not named in captions.jsonl" for item in part.items)
    named = "; ".join(f"{licence} ({n})" for licence, n in licences.most_common(6))
    return f"{folder.name}: {what}, {n_captions} captions. Licences: {named}"


def commit() -> str:
    """The commit of the code, or a word that says there is none."""
    answer = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return answer.stdout.strip() or "unknown (no git here)"
