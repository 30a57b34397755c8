"""The texts' catalogues: where they are, what stands in the sources, and how the binary ones are made.

`python -m tests.messages` writes the binary catalogues anew (`make messages` does, after it has gathered the texts).
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
GATHER = [
    ["makemessages", "--all", "--no-location", "--no-obsolete", "-v0", *(f"-i{name}" for name in ("static", "tests"))],
    ["makemessages", "--all", "--no-location", "--no-obsolete", "-v0", "-ddjangojs", "-ivendor"],
]
PLACE = re.compile(r"%\(\w+\)s|%%|</?\w+[^>]*>")
SOURCES = ("webapp", "search", "indexer", "templates", "static/js", "locale", "manage.py", "model_server/__init__.py")
ENVIRONMENT = {"SECRET_KEY": "x", "DATABASE_URL": "postgres://x/x", "SEEKFRAME_ENV_FILE": "/dev/null"}


def places(text: str) -> list[str]:
    """What a translation must keep: the places that are filled in, and the markup."""
    return sorted(PLACE.findall(text))


def gathered(folder: Path) -> Path:
    """The sources copied to a folder and their texts gathered there; its locale folder."""
    for name in SOURCES:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__", "*.mo")
        shutil.copytree(source, target, ignore=ignored) if source.is_dir() else shutil.copy(source, target)
    shutil.copytree(ROOT / "model_server", folder / "model_server", dirs_exist_ok=True, ignore=_only_python)
    for arguments in GATHER:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=folder,
            env={**ENVIRONMENT, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder)},
            check=True,
            capture_output=True,
        )
    return folder / "locale"


def _only_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not (Path(folder) / name).is_dir() and not name.endswith(".py")} | {"weights"}


def compile_all() -> None:
    for path in CATALOGUES:
        path.with_suffix(".mo").write_bytes(polib.pofile(str(path)).to_binary())


if __name__ == "__main__":
    compile_all()
