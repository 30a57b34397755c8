"""A graph comes into the cache whole or not at all, and what a kill leaves is cleared away."""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from model_server.vljepa.onnx_export import AGE_S, made_once, session, write_graph

OTHER_DISK = Path("/dev/shm")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_while_a_graph_is_made_nothing_of_it_lies_in_the_cache(cache, scratch):
    """What lies there is what a kill would leave."""

    def export(path: Path) -> None:
        path.write_bytes(b"half")
        path.with_name("float32.onnx").write_bytes(b"large")
        assert names(cache) == []
        path.write_bytes(b"whole")

    made_once(cache / "graph.onnx", export)
    assert (cache / "graph.onnx").read_bytes() == b"whole"
    assert (cache / "graph.onnx").stat().st_mode & 0o777 == 0o644
    assert (names(cache), names(scratch)) == (["graph.onnx"], [])


def test_an_export_that_fails_leaves_nothing_anywhere(cache, scratch):
    def export(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        made_once(cache / "graph.onnx", export)
    assert (names(cache), names(scratch)) == ([], [])


def test_temporary_files_may_lie_on_another_disk(cache, monkeypatch):
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == cache.stat().st_dev:
        pytest.skip("there is no other disk here")
    monkeypatch.setattr(tempfile, "tempdir", str(OTHER_DISK))
    made_once(cache / "graph.onnx", lambda path: path.write_bytes(b"whole") and None)
    assert (cache / "graph.onnx").read_bytes() == b"whole"
    assert (cache / "graph.onnx").stat().st_mode & 0o777 == 0o644
    assert names(cache) == ["graph.onnx"]


def test_old_halves_go_and_young_ones_stay(cache):
    def export(path: Path) -> None:
        write_graph(torch.nn.Identity(), {"x": torch.zeros(2)}, ["y"], {"x": {0: "B"}}, path)

    for name in ("graph.onnx.old.part", "graph.onnx.young.part"):
        (cache / name).write_bytes(b"half")
    then = time.time() - AGE_S - 60
    os.utime(cache / "graph.onnx.old.part", (then, then))
    (same,) = session(cache / "graph.onnx", export, 1).run(None, {"x": np.ones(3, np.float32)})
    assert same.tolist() == [1, 1, 1]
    assert names(cache) == ["graph.onnx", "graph.onnx.young.part"]
