"""What killed processes left half written is found by its name and its age, and nothing else is."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from indexer import files
from indexer.litter import AGE_S, litter_delete


def old(path: Path) -> Path:
    then = time.time() - AGE_S - 60
    os.utime(path, (then, then))
    return path


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def test_old_halves_and_old_folders_go_and_the_young_and_the_whole_stay(scratch, tmp_path):
    source = tmp_path / "poster.webp"
    source.write_bytes(b"poster")
    files.put("videos/x/poster.webp", source)
    folder = Path(default_storage.path("videos/x"))
    old(folder / "poster.webp")
    for name in ("a.part", "b.part"):
        (folder / name).write_bytes(b"half")
    old(folder / "a.part")
    dead, alive, other = (scratch / name for name in ("seekframe-work-1", "seekframe-work-2", "someone-elses"))
    for made in (dead, alive, other):
        made.mkdir()
        (made / "proxy.mp4").write_bytes(b"half")
        if made != alive:
            old(made / "proxy.mp4")
        old(made)
    assert sorted(litter_delete()) == ["a.part", "seekframe-work-1"]
    assert sorted(path.name for path in folder.iterdir()) == ["b.part", "poster.webp"]
    assert sorted(path.name for path in scratch.iterdir()) == ["seekframe-work-2", "someone-elses"]
