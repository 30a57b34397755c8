"""The repository keeps its own promises: documented settings, a small tree, names, licence, version."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READS = re.compile(r"env\.(?:text|chosen|integer|boolean|url)\(\s*\"([A-Z_]+)\"|environ\.get\(\s*\"([A-Z_]+)\"")
MIB = 1024**2


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def read_settings() -> set[str]:
    sources = [
        path for package in ("webapp", "indexer", "search", "model_server") for path in (ROOT / package).rglob("*.py")
    ]
    names = {name for path in sources for match in READS.findall(path.read_text()) for name in match if name}
    return {name.removesuffix("_FILE") if name != "SEEKFRAME_ENV_FILE" else name for name in names}


def test_every_setting_stands_in_the_readme_and_nothing_else_does():
    table = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert set(table) == read_settings()


def test_every_setting_stands_in_the_example_and_nothing_else_does():
    example = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(example) == sorted(read_settings())


def test_the_changelog_starts_with_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version


def test_the_code_has_its_licence():
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence
    assert "Version 2.0" in licence


def test_the_weights_have_a_licence_and_a_model_card():
    for folder in {path.parent for path in tracked() if path.suffix == ".safetensors"}:
        names = {path.name.upper() for where in (folder, folder.parent) for path in where.iterdir()}
        assert any(name.startswith("LICENSE") for name in names), folder
        assert any("CARD" in name or name == "README.MD" for name in names), folder


def test_the_tree_stays_small():
    assert sum(path.stat().st_size for path in tracked()) < 60 * MIB


def test_the_weights_stay_small():
    weights = [path for path in tracked() if path.is_relative_to(ROOT / "model_server" / "weights")]
    assert sum(path.stat().st_size for path in weights) <= 48 * MIB


def test_no_file_is_named_for_nothing():
    empty_names = {"utils", "helpers", "common", "manager"}
    assert [path for path in tracked() if path.stem.lower() in empty_names] == []


def test_no_python_file_is_too_long_to_read():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix == ".py" and (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


def test_every_package_is_pinned_with_its_hash():
    for name in ("lock.txt", "tests.txt", "tracks.txt", "benchmarks.txt"):
        pins = re.split(r"\n(?=\S)", (ROOT / "requirements" / name).read_text().strip())
        assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_every_direct_package_says_why_and_is_in_the_lock():
    asked = [line for line in (ROOT / "requirements" / "direct.in").read_text().splitlines() if "==" in line]
    locked = (ROOT / "requirements" / "lock.txt").read_text()
    for line in asked:
        requirement, _, why = line.partition("#")
        assert why.strip(), line
        pin = re.sub(r"\[.*\]", "", requirement).strip()
        assert f"\n{pin} " in f"\n{locked}", line


def test_the_readme_names_only_files_that_exist():
    named = re.findall(
        r"(?:\]\(|`)((?:docs|requirements|model_server|tests)/[\w./-]+)", (ROOT / "README.md").read_text()
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_yes_of_the_comparison_leads_to_a_test():
    page = (ROOT / "docs" / "compare.md").read_text()
    ours = [line.split("|")[2].strip() for line in page.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(ours) > 30
    assert all(cell == "N" or re.fullmatch(r"\[.+\]\(\.\./tests/test_\w+\.py\)", cell) for cell in ours), ours
    for link in re.findall(r"\]\((\.\./tests/[^)]+)\)", page):
        assert (ROOT / "docs" / link).resolve().is_file(), link


def test_what_a_test_starts_shares_the_services_of_its_test_process():
    shown = "import os; from tests import services; print(os.environ['DATABASE_URL'], os.environ['SEEKFRAME_VAR'])"
    child = subprocess.run([sys.executable, "-c", shown], cwd=ROOT, capture_output=True, text=True, check=True)
    assert child.stdout.split() == [os.environ["DATABASE_URL"], os.environ["SEEKFRAME_VAR"]]
