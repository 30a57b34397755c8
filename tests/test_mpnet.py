"""The text encoder that a package carries in parts: found, checked, and read only where it is needed."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from model_server.presets import SMALL, TINY
from model_server.training import sentences
from model_server.training.data import Item
from model_server.training.features import Features
from model_server.vljepa import packages
from model_server.vljepa.model import random_model
from model_server.vljepa.mpnet import Mpnet
from model_server.vljepa.packages import Joined, WeightsProblem, joined_zip, read_pinned
from model_server.vljepa.y_encoder import YEncoder

DATA = bytes(range(256)) * 40


@pytest.fixture
def parts(tmp_path, monkeypatch) -> tuple[tuple[str, str], ...]:
    """A zip archive in three parts of three packages, as `packages.MPNET_PARTS` names one."""
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("folder/data", DATA)
    content, names = whole.read_bytes(), ("one", "two", "three")
    for k, name in enumerate(names):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_bytes(content[k * 4000 : (k + 1) * 4000 if k < 2 else None])
    monkeypatch.setattr(packages, "folder_of", lambda package: tmp_path / package)
    return tuple((name, "part") for name in names)


def test_parts_are_read_as_one_file(parts):
    with joined_zip(parts) as archive:
        assert read_pinned(archive, "folder/data", hashlib.sha256(DATA).hexdigest()) == DATA


def test_another_file_than_the_pinned_one_is_refused(parts):
    with joined_zip(parts) as archive, pytest.raises(WeightsProblem, match="not the pinned file"):
        read_pinned(archive, "folder/data", "0" * 64)


def test_a_damaged_part_is_a_sentence(parts, tmp_path):
    (tmp_path / "three" / "part").write_bytes(b"")
    with pytest.raises(WeightsProblem, match=r"damaged.*install them again"), joined_zip(parts):
        pass


def test_damage_that_only_reading_finds_is_the_same_sentence(parts, tmp_path):
    second = tmp_path / "two" / "part"
    second.write_bytes(bytes(second.stat().st_size))
    with pytest.raises(WeightsProblem, match=r"damaged.*install them again"), joined_zip(parts) as archive:
        archive.read("folder/data")


def test_a_part_that_is_not_installed_is_a_sentence():
    missing = (("no-such-part", "part"),)
    with pytest.raises(WeightsProblem, match="no-such-part is not installed"), joined_zip(missing):
        pass


@pytest.mark.parametrize(("start", "n"), [(0, 5), (8, 4), (9, 1), (11, 10), (15, 3)])
def test_any_stretch_of_joined_files_is_what_the_whole_has(tmp_path: Path, start: int, n: int):
    whole = b"0123456789abcdef"
    for k, piece in enumerate((whole[:9], whole[9:12], whole[12:])):
        (tmp_path / str(k)).write_bytes(piece)
    joined = Joined([tmp_path / str(k) for k in range(3)])
    joined.seek(start)
    found = b""
    while len(found) < n and (piece := joined.read(n - len(found))):
        found += piece
    assert found == whole[start : start + n]


def test_it_knows_what_words_mean_and_is_no_part_of_the_state():
    encoder = YEncoder(SMALL.y_encoder, 4)
    assert set(encoder.state_dict()) == {"projection.weight", "projection.bias"}
    assert isinstance(encoder.model, Mpnet)
    assert not encoder.model.loaded
    dog, puppy, car = encoder.sentence(*encoder.tokenize(["a dog runs", "a puppy is running", "a parked car"]))
    alike, unlike = (float(torch.cosine_similarity(dog, other, dim=0)) for other in (puppy, car))
    assert alike > 0.5
    assert unlike < alike - 0.3
    assert encoder.model.loaded
    encoder.model.forget()
    assert not encoder.model.loaded


def test_captions_of_a_frozen_encoder_are_read_once(tmp_path, monkeypatch):
    model = random_model(SMALL)
    items = [Item(tmp_path / "a.jpg", ("a dog", "a cat by a wall"), "train")]
    part = Features(items, np.zeros((1, 25, 4)), np.zeros((1, 0)), np.array([0, 1]))
    first = sentences.known_sentences(model, [part], tmp_path)
    monkeypatch.setattr(sentences, "encode_sentences", None)  # a second reading would fail
    again = sentences.known_sentences(model, [part], tmp_path)
    assert first is not None
    assert again is not None
    texts = ["a cat by a wall", "a dog"]
    torch.testing.assert_close(again.of(texts), first.of(texts))
    direct = model.encode_texts(texts)
    torch.testing.assert_close(sentences.target_embeddings(model, texts, again), direct, atol=2e-3, rtol=0)


def test_captions_of_a_trained_encoder_are_read_every_time(tmp_path):
    assert sentences.known_sentences(random_model(TINY), [], tmp_path) is None
