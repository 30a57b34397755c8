"""Training and evaluation data: folders with a `captions.jsonl`, one JSON object a line; or WebDataset shards.

`file` and `captions` are required; `split`, `license` and `label` (a class name) are optional. What else a line holds
is left to its owner.
"""

import json
from dataclasses import dataclass
from pathlib import Path

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
MEDIA_SUFFIXES = PHOTO_SUFFIXES | {".mp4", ".webm", ".mkv", ".avi", ".mov", ".m4v", ".3gp", ".mpg", ".flv"}


class DataProblem(Exception):
    """A data folder that cannot be used. One sentence that names the file and the line."""


@dataclass(frozen=True)
class Item:
    """One photo or video with its captions."""

    path: Path
    captions: tuple[str, ...]
    split: str
    licence: str = ""
    label: str = ""  # the name of its class, where it has one

    @property
    def is_photo(self) -> bool:
        return self.path.suffix.lower() in PHOTO_SUFFIXES


def read_folder(folder: Path) -> list[Item]:
    """Every line of a folder's captions.jsonl. Raises DataProblem with file and line.

    `folder` may also name a .tar shard, or many by braces (`shards`)."""
    if folder.suffix == ".tar":
        from model_server.training.shards import unpack

        folder = unpack(folder)
    source = folder / "captions.jsonl"
    if not source.is_file():
        raise DataProblem(f"{folder} holds no captions.jsonl: see docs/training.md for the layout.")
    lines = source.read_text(encoding="utf-8").splitlines()
    items = [read_line(line, folder, f"{source}:{n}") for n, line in enumerate(lines, 1) if line.strip()]
    if not items:
        raise DataProblem(f"{source} is empty.")
    return items


def read_line(line: str, folder: Path, where: str) -> Item:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as problem:
        raise DataProblem(f"{where} is not JSON: {problem.msg}.") from problem
    if not isinstance(row, dict) or not isinstance(row.get("file"), str):
        raise DataProblem(f"{where} has no `file`.")
    captions = row.get("captions")
    if not isinstance(captions, list) or not all(isinstance(c, str) and c.strip() for c in captions) or not captions:
        raise DataProblem(f"{where} has no `captions`: a list of sentences, none of them empty.")
    path = folder / row["file"]
    if not path.is_file():
        raise DataProblem(f"{where} names {row['file']}, which is not there.")
    rest = (str(row.get(name) or "") for name in ("split", "license", "label"))
    return Item(path, tuple(c.strip() for c in captions), *rest)


def chosen(items: list[Item], split: str | None) -> list[Item]:
    """The items of one split; all of them where none is asked for."""
    kept = [item for item in items if split is None or item.split == split]
    if not kept:
        raise DataProblem(f"No line has the split {split!r}: there are {sorted({item.split for item in items})}.")
    return kept
