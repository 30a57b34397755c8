"""The environment, read once, typed and loud: a wrong value stops the start with a sentence that names it.

A value comes from the process's environment, else from `.env`, else from what `manage.py up` wrote for the parts that
it runs itself (so that other commands find its database).
"""

import os
from collections.abc import Collection
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent


class EnvironmentProblem(Exception):
    """A setting that cannot be used. The message is one sentence for the operator."""


@cache
def _file(path: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value is not None}


def chosen(name: str) -> str:
    """What the operator set, in the environment or in .env, or in the file that NAME_FILE points to (for secrets)."""
    layers = [os.environ, _file(Path(os.environ.get("SEEKFRAME_ENV_FILE", ROOT / ".env")))]
    for layer in layers:
        if layer.get(f"{name}_FILE"):
            return _secret_file(name, Path(layer[f"{name}_FILE"]))
        if name in layer:
            return layer[name].strip()
    return ""


def text(name: str, default: str = "") -> str:
    """What the operator set, else what `up` wrote, else the default. An empty value counts as unset."""
    return chosen(name) or _file(embedded_file()).get(name, "") or default


def boolean(name: str, default: bool) -> bool:
    """True or False; any other spelling is refused."""
    value = text(name, str(default))
    if value not in ("True", "False"):
        raise EnvironmentProblem(f"{name} must be True or False, not {value!r}.")
    return value == "True"


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within [low, high]."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
        raise EnvironmentProblem(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)


def url(name: str, default: str, schemes: Collection[str]) -> str:
    """A URL with one of the schemes. The message never repeats the value, which may hold a password."""
    value = text(name, default)
    if value and not _is_url(value, schemes):
        raise EnvironmentProblem(f"{name} must be a URL that starts with {' or '.join(f'{s}://' for s in schemes)}.")
    return value


def var_dir() -> Path:
    """Where everything lies that Seekframe makes."""
    return Path(chosen("SEEKFRAME_VAR") or ROOT / "var")


def embedded_file() -> Path:
    """Addresses and secrets of the parts that `up` runs; readable by its user alone."""
    return var_dir() / "embedded.env"


def _is_url(value: str, schemes: Collection[str]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and (bool(parts.hostname) or parts.scheme == "unix") and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def _secret_file(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise EnvironmentProblem(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error
