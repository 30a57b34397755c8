"""What is installed: its licences, and the list of it for machines (SBOM)."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from requirements import licences

ROOT = Path(__file__).resolve().parent.parent
FREE = {
    *("MIT", "MIT-0", "MIT-CMU", "BSD", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BSD-derived (Repoze)", "ISC", "Zlib"),
    *("Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSL-1.0", "PSF-2.0", "CNRI-Python", "CC0-1.0"),
    *("MPL-2.0", "LGPL-3.0-only"),  # free, with conditions for who changes them: nobody here does
}


def test_every_package_has_a_free_licence():
    said = {name: re.split(r" AND | OR ", licences.licence(name)) for name in licences.names()}
    assert len(said) > 100
    assert {name: found for name, found in said.items() if not set(found) <= FREE} == {}


def test_the_page_of_licences_says_what_is_installed():
    assert licences.table() in (ROOT / "docs" / "licences.md").read_text()


@pytest.mark.parametrize(("said", "free"), [("MIT", True), ("GPL-3.0-only", False), ("unknown", False)])
def test_what_counts_as_free(said, free):
    assert ({said} <= FREE) is free


def test_the_list_for_machines_holds_every_package_with_its_hash(tmp_path):
    made = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "requirements/lock.txt", "-o", str(made)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    listed = json.loads(made.read_text())
    assert listed["bomFormat"] == "CycloneDX"
    pinned = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements" / "lock.txt").read_text(), re.MULTILINE)
    assert sorted((part["name"], part["version"]) for part in listed["components"]) == sorted(pinned)
    assert all(any(link.get("hashes") for link in part.get("externalReferences", ())) for part in listed["components"])
