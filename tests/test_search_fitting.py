"""Fitting the calibration, with an engine that sees colours and data made here."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexer.models import Space
from model_server.engine import Clips
from search import calibrate
from search.calibrate import FEATURES, LibraryFacts
from search.fitting import calibration as story
from search.fitting import examples, logistic
from search.fitting.data import DataProblem
from search.fitting.nonsense import nonsense
from tests.search_world import WORDS, FakeEngine, meaning, showing

N_PHOTOS = 32


class ColourEngine(FakeEngine):
    """Sees which of eight reds a picture is, and calls it by one of the words."""

    def predict(self, clips: Clips, prompt: str | None = None) -> np.ndarray:
        reds = clips.frames[clips.index[:, 0]].mean(axis=(1, 2))[:, 0]
        return np.stack([showing(WORDS[round(red / 30) - 1], 0.6, seed=int(red)) for red in reds])


def write_folder(folder: Path, split: str | None = None) -> None:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    with (folder / "captions.jsonl").open("a") as file:
        for i in range(N_PHOTOS):
            word = WORDS[i % len(WORDS)]
            name = f"images/{split}{i}.png"
            Image.new("RGB", (32, 32), (30 * (WORDS.index(word) + 1), 0, 0)).save(folder / name)
            file.write(json.dumps({"file": name, "captions": [f"somebody films a {word}"], "split": split}) + "\n")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    write_folder(root / "flickr8k", "train")
    write_folder(root / "flickr8k", "val")
    write_folder(root / "intel_sample")
    write_folder(root / "generated_pages")
    captions = [json.dumps({"captions": [f"somebody films a {w}", f"{w} and something unseen"]}) for w in WORDS]
    (root / "text").mkdir()
    (root / "text/coco_captions_val2017.jsonl").write_text("\n".join(captions))
    for name in story.CORPORA:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(json.dumps({"captions": ["somebody films a dog", "and something unseen"]}))
    return root


@pytest.fixture
def fewer_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "SIZES", ((10, 5), (40, 1)))
    monkeypatch.setattr(examples, "N_TOPICS", 2)


def silent(message: str) -> None:
    assert message


@pytest.mark.usefixtures("fewer_libraries")
def test_one_command_fits_a_calibration_that_tells_sense_from_nonsense(data: Path, tmp_path: Path) -> None:
    engine = ColourEngine()
    report = story.fit_calibration(data, engine, [], tmp_path, silent)
    assert report.present_kept >= 0.9
    assert report.nonsense_kept == 0
    fitted = calibrate.load(tmp_path / "calibration.json", 0)
    library = LibraryFacts(10, None)
    asked = fitted.facts(meaning("dog"), "somebody films a dog", library)
    mash = fitted.facts(meaning(""), "xqzvk jwpfgh", library)
    (hit,) = fitted.scores(np.array([0.6], np.float32), np.array([0.5], np.float32), asked)
    (miss,) = fitted.scores(np.array([0.1], np.float32), np.array([0.0], np.float32), mash)
    assert hit > fitted.cutoff > miss


@pytest.mark.usefixtures("fewer_libraries")
def test_a_fit_belongs_to_one_version_of_the_weights(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.fit_calibration(data, ColourEngine(), [], tmp_path, silent)
    monkeypatch.setattr(calibrate, "directory", lambda model: tmp_path)
    fitted = calibrate.scorer_for(Space(model="fake", version="v1"))
    other = calibrate.scorer_for(Space(model="fake", version="v2"))
    assert fitted.notice == ""
    assert fitted.cutoff != calibrate.PLAIN_CUTOFF
    assert "plain similarities" in other.notice
    assert other.cutoff == calibrate.PLAIN_CUTOFF


def test_a_checkpoint_of_ones_own_brings_its_own_fit(tmp_path: Path, settings) -> None:
    space = Space(model="small", version="mine")
    (tmp_path / "calibration.json").write_text('{"version": "mine"}')
    assert calibrate.fitted_for(space, "calibration.json") is None
    settings.SEEKFRAME_MODEL = str(tmp_path)
    assert calibrate.fitted_for(space, "calibration.json") == tmp_path / "calibration.json"
    assert calibrate.fitted_for(Space(model="small", version="other"), "calibration.json") is None


@pytest.mark.usefixtures("fewer_libraries")
def test_fitting_twice_gives_the_same_fit(data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        story.fit_calibration(data, ColourEngine(), [], tmp_path / name, silent)
    a, b = ((tmp_path / name / "calibration.json").read_text() for name in ("a", "b"))
    assert a == b


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match=r"coco_captions_val2017\.jsonl is missing"):
        story.fit_calibration(tmp_path, ColourEngine(), [], tmp_path / "out", silent)
    assert not (tmp_path / "out").exists()


def test_the_score_never_falls_as_the_cosine_rises_whatever_the_sample_says() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, len(FEATURES)))
    labels = (features[:, 0] < 0).astype(float)  # a sample that says the opposite
    fitted = logistic.fit(features, labels, np.ones(400), np.ones(len(FEATURES), dtype=bool))
    assert (fitted.weights >= 0).all()


def test_logistic_regression_finds_the_weights_that_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20_000, 2)) * [1.0, 10.0]
    probability = 1 / (1 + np.exp(-(2 * features[:, 0] - 0.1 * features[:, 1] + 0.5)))
    labels = (rng.random(20_000) < probability).astype(float)
    fitted = logistic.fit(features, labels, np.ones(20_000), np.zeros(2, dtype=bool))
    assert [*fitted.weights, fitted.bias] == pytest.approx([2, -0.1, 0.5], abs=0.08)


def test_nonsense_is_the_same_for_a_seed_and_other_for_another() -> None:
    assert nonsense(40, 1) == nonsense(40, 1)
    assert len(set(nonsense(40, 1)) & set(nonsense(40, 2))) <= 2
    assert any(not text.isascii() for text in nonsense(8, 1))
