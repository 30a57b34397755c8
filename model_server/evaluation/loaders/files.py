"""Reading what public benchmarks are released as: JSON, lines of JSON, CSV, and media found by their names."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from model_server.evaluation.rows import NOT_AT_HAND
from model_server.evaluation.streams import Media
from model_server.training.data import MEDIA_SUFFIXES, DataProblem

WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class NotAtHand(Exception):
    """The benchmark's folder or one of its files is not below the data folder."""

    def __init__(self) -> None:
        super().__init__(NOT_AT_HAND)


def folder(root: Path, *names: str) -> Path:
    """The first of the folders that is there. NotAtHand where none is."""
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise NotAtHand


def file(where: Path, name: str) -> Path:
    """A file by its name, at the top of the folder or somewhere below. NotAtHand where there is none."""
    if (where / name).is_file():
        return where / name
    below = sorted(path for path in where.rglob(name) if path.is_file())
    if not below:
        raise NotAtHand
    return below[0]


def read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise DataProblem(f"{path} is not JSON: {problem}.") from problem


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError as problem:
                raise DataProblem(f"{path}:{number} is not JSON: {problem}.") from problem
    return rows


def read_csv(path: Path, delimiter: str = ",", names: list[str] | None = None) -> list[dict[str, str]]:
    """Rows by the names in the first line, or by `names` where the file has no such line."""
    with path.open(encoding="utf-8", newline="") as lines:
        if delimiter == "\t":  # sentences with quotes of their own
            return list(csv.DictReader(lines, names, delimiter="\t", quoting=csv.QUOTE_NONE))
        return list(csv.DictReader(lines, names, delimiter=delimiter))


def media_below(where: Path) -> dict[str, Path]:
    """Every photo and video below a folder, by its name without the ending."""
    return {path.stem: path for path in sorted(where.rglob("*")) if path.suffix.lower() in MEDIA_SUFFIXES}


class Found:
    """Media matched to annotations, counting those that are not there: public videos vanish from the web."""

    def __init__(self, where: Path) -> None:
        self.where = where
        self.known = media_below(where)
        self.asked: set[str] = set()
        self.missing: set[str] = set()

    def media(self, name: str, start_s: float | None = None, end_s: float | None = None) -> Media | None:
        """The file of this path, or of this name with or without its ending; None where it is not there."""
        exact = self.where / name
        path = exact if exact.is_file() else self.known.get(name) or self.known.get(Path(name).stem)
        self.asked.add(name)
        if path is None:
            self.missing.add(name)
            return None
        return Media(path, start_s, end_s)

    def note(self, *more: str) -> str:
        """For the row: how many files are there, where some are not. NotAtHand where all are missing."""
        if len(self.missing) == len(self.asked):
            raise NotAtHand
        notes = [*more]
        if self.missing:
            notes.append(f"{len(self.asked) - len(self.missing)} of {len(self.asked)} files at hand")
        return "; ".join(notes)


def distinct(names: Iterable[str]) -> list[str]:
    """In order of first use."""
    return list(dict.fromkeys(names))


def words(name: str) -> str:
    """A class name as words.

    >>> words("ReplaceSIMCard_wind-mill")
    'replace sim card wind mill'
    """
    return " ".join(WORD_STARTS.sub(" ", name).replace("_", " ").replace("-", " ").lower().split())


def seconds(clock: str) -> float:
    """A time of day as seconds.

    >>> seconds("00:01:02.50")
    62.5
    """
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def pairs(where: Path, suffix: str) -> Iterator[tuple[Path, Path]]:
    """Files with this ending, each with the video or photo of the same name beside it."""
    for path in sorted(where.rglob(f"*{suffix}")):
        for ending in sorted(MEDIA_SUFFIXES):
            beside = path.with_suffix(ending)
            if beside.is_file():
                yield path, beside
                break
