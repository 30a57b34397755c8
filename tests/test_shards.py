"""WebDataset shards become a data folder."""

import io
import json
import tarfile

import pytest
from PIL import Image

from model_server.training.data import DataProblem, read_folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEKFRAME_VAR", str(tmp_path / "var"))


def picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(kept, "PNG")
    return kept.getvalue()


def shard(path, files: dict[str, bytes]):
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_shards_are_read_with_their_words(tmp_path):
    row = {"captions": ["a red square", "a square"], "split": "val", "license": "CC0"}
    shard(tmp_path / "s-0.tar", {"a.png": picture(), "a.json": json.dumps(row).encode()})
    shard(tmp_path / "s-1.tar", {"b.png": picture(), "b.txt": b"another one\n", "c.txt": b"no picture"})
    items = read_folder(tmp_path / "s-{0..1}.tar")
    assert [item.captions for item in items] == [("a red square", "a square"), ("another one",)]
    assert [(item.split, item.licence, item.is_photo) for item in items] == [("val", "CC0", True), ("", "", True)]
    assert items[0].path.read_bytes() == picture()


def test_shards_are_unpacked_once_and_again_when_they_change(tmp_path):
    path = shard(tmp_path / "s.tar", {"a.png": picture(), "a.txt": b"one"})
    first = read_folder(path)[0].path
    assert read_folder(path)[0].path == first
    shard(path, {"a.png": picture(), "a.txt": b"one", "b.png": picture(), "b.txt": b"two"})
    assert len(read_folder(path)) == 2


def test_a_name_in_a_shard_leads_nowhere_else(tmp_path):
    path = shard(tmp_path / "s.tar", {"../../evil.png": picture(), "../../evil.txt": b"words"})
    (item,) = read_folder(path)
    assert (tmp_path / "var") in item.path.parents
    assert not list(tmp_path.glob("**/evil*"))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.png": b"x"}, "a has no words"),
        ({"a.png": b"x", "a.json": b"{"}, "a has no words"),
        ({"a.txt": b"x"}, "is empty"),
        (None, "is not there"),
        (b"no tar file at all" * 99, "is damaged"),
    ],
)
def test_bad_shards_are_refused_by_name(tmp_path, files, message):
    path = tmp_path / "s.tar"
    if isinstance(files, bytes):
        path.write_bytes(files)
    elif files is not None:
        shard(path, files)
    with pytest.raises(DataProblem, match=message):
        read_folder(path)
