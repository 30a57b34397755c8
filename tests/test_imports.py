"""The house's one-way street: webapp > search > indexer > model_server; and what the web process never loads."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOWNHILL = ["webapp", "search", "indexer", "model_server"]
HEAVY = {"torch", "transformers", "onnxruntime", "av", "sklearn"}
DECODERS = ("model_server/frames/", "indexer/media/")


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def files_of(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"no files in {package}"
    return found


@pytest.mark.parametrize("package", DOWNHILL)
def test_a_package_imports_only_itself_and_what_lies_below_it(package):
    above = {*DOWNHILL[: DOWNHILL.index(package)], "tests", "benchmarks"}
    uphill = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_of(package)
        for name in imports_of(path)
        if name.split(".")[0] in above or name.startswith(".")
    }
    assert not uphill


def test_video_is_decoded_in_two_places_only():
    others = {
        str(path.relative_to(ROOT))
        for package in DOWNHILL
        for path in files_of(package)
        for name in imports_of(path)
        if name.split(".")[0] == "av" and not str(path.relative_to(ROOT)).startswith(DECODERS)
    }
    assert not others


def test_the_web_process_loads_no_model_and_no_decoder():
    """Booted as gunicorn does it, with every route's module."""
    lines = [
        "import sys, webapp.wsgi",
        "from django.urls import get_resolver, reverse",
        "get_resolver().url_patterns; reverse('home')",
        "from webapp.model import engine; engine()",
        f"print(sorted(set({sorted(HEAVY)}) & set(sys.modules)), 'webapp.media.views' in sys.modules)",
    ]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "webapp.settings"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[] True"), done.stderr
