"""The environment, read once, typed and loud: a wrong value stops the start with a sentence that names it."""

import os
from pathlib import Path


class EnvironmentProblem(Exception):
    """A setting that cannot be used. The message is one sentence for the operator."""


def text(name: str, default: str = "") -> str:
    """The variable, or the content of the file that NAME_FILE points to (for secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text().strip()
    return os.environ.get(name, default).strip()


def boolean(name: str, default: bool) -> bool:
    """True or False; any other spelling is refused."""
    value = text(name, str(default))
    if value not in ("True", "False"):
        raise EnvironmentProblem(f"{name} must be True or False, not {value!r}.")
    return value == "True"


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within [low, high]."""
    value = text(name, str(default))
    if not value.isdigit() or not low <= int(value) <= high:
        raise EnvironmentProblem(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)
