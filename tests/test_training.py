"""The training and evaluation commands on a miniature folder, with the tiny preset."""

import json
import shutil

import numpy as np
import pytest
import torch

from model_server.evaluation import retrieval
from model_server.evaluation.ranks import ranks, retrieval_scores
from model_server.training import finetune, pretrain
from model_server.training.data import DataProblem, read_folder
from model_server.vljepa import weights
from tests.coloured import coloured_photos


@pytest.fixture
def folder(tmp_path):
    return coloured_photos(tmp_path)


def train(folder, out, *more):
    paths = ["--data", str(folder), "--out", str(out), "--cache", str(out.parent / "cache")]
    small = ["--preset", "tiny", "--batch", "8", "--warm-up", "1", "--checkpoint-every", "1", "--device", "cpu"]
    pretrain.main([*paths, *small, *more])


def losses(out):
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return {row["step"]: row["loss"] for row in rows if "loss" in row}


def test_it_trains_writes_weights_and_says_where_they_come_from(folder, tmp_path):
    out = tmp_path / "out"
    train(folder, out, "--epochs", "2")
    assert {"model.safetensors", "config.json", "MODEL_CARD.md", "metrics.jsonl"} <= {p.name for p in out.iterdir()}
    card = (out / "MODEL_CARD.md").read_text()
    assert "colours: 12 photos" in card
    assert "R@1" in card


def test_the_rate_of_stage_1_is_constant_and_that_of_stage_2_a_cosine():
    places = ["--data", ".", "--out", "out"]
    first, second = pretrain.parse(places), finetune.parse([*places, "--start", "."])
    rates = [pretrain.learning_rate(step, 1000, first) for step in (first.warm_up, 500, 999)]
    assert rates == [first.lr] * 3
    rates = [pretrain.learning_rate(step, 1000, second) for step in (500, 999)]
    assert rates == pytest.approx([second.lr / 2, 0], abs=second.lr / 1000)


def test_a_run_that_was_stopped_goes_on_with_the_same_losses(folder, tmp_path, monkeypatch):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train(folder, whole, "--epochs", "3")
    real = pretrain.train_step

    def stop_after_two(run, *rest):
        if run.step == 2:
            raise KeyboardInterrupt
        return real(run, *rest)

    monkeypatch.setattr(pretrain, "train_step", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        train(folder, cut, "--epochs", "3")
    monkeypatch.setattr(pretrain, "train_step", real)
    torch.manual_seed(99)  # another process would not have this one's random state
    train(folder, cut, "--epochs", "3")
    assert losses(cut) == losses(whole)


def test_it_learns_colours(folder, tmp_path):
    out = tmp_path / "out"
    train(folder, out, "--epochs", "30", "--lr", "0.003")
    found = losses(out)
    assert found[max(found)] < found[1]


def test_it_trains_with_another_loss_and_an_anti_collapse_term(folder, tmp_path):
    out = tmp_path / "out"
    train(folder, out, "--epochs", "1", "--head-epochs", "1", "--loss", "cosine", "--anti-collapse", "sigreg")
    assert losses(out)[1] > 0
    assert "- anti_collapse: sigreg" in (out / "MODEL_CARD.md").read_text()


def test_heads_fitted_several_times_are_averaged(folder, tmp_path):
    trunk = tmp_path / "trunk"
    train(folder, trunk, "--epochs", "1", "--head-epochs", "0")
    biases = []
    for name, options in {"a": ("1", "0"), "b": ("1", "1"), "both": ("2", "0")}.items():
        out = tmp_path / name
        shutil.copytree(trunk, out)
        train(folder, out, "--epochs", "1", "--head-epochs", "1", "--head-fits", options[0], "--seed", options[1])
        biases.append(weights.load(out)[0].y_encoder.projection.bias)
    a, b, both = biases
    assert not torch.allclose(a, b, atol=1e-5)
    torch.testing.assert_close(both, (a + b) / 2)


def test_the_retrieval_command_ends_with_one_json_object(folder, tmp_path, capsys):
    out = tmp_path / "out"
    train(folder, out, "--epochs", "1")
    capsys.readouterr()
    retrieval.main(["--preset", "tiny", "--data", str(folder), "--split", "val", "--weights", str(out)])
    scores = json.loads(capsys.readouterr().out.splitlines()[-1])
    for direction in ("text_to_video", "video_to_text"):
        assert {"R@1", "R@5", "R@10", "median_rank", "pool"} <= scores[direction].keys()
    assert scores["text_to_video"]["pool"] == 4
    assert scores["controls"].keys() == {"shuffled", "one_frame"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no captions.jsonl"),
        ("", "is empty"),
        ("{", "captions.jsonl:1 is not JSON"),
        ('{"captions": ["a"]}', "has no `file`"),
        ('{"file": "gone.png", "captions": ["a"]}', "names gone.png"),
        ('{"file": "captions.jsonl", "captions": []}', "has no `captions`"),
    ],
)
def test_bad_data_is_refused_with_the_line(tmp_path, content, message):
    if content is not None:
        (tmp_path / "captions.jsonl").write_text(content)
    with pytest.raises(DataProblem, match=message):
        read_folder(tmp_path)
    with pytest.raises(SystemExit, match=message):
        retrieval.main(["--preset", "tiny", "--data", str(tmp_path)])


def test_an_unknown_split_names_those_there_are(folder):
    with pytest.raises(SystemExit, match=r"'train', 'val'"):
        retrieval.main(["--preset", "tiny", "--data", str(folder), "--split", "test"])


def test_ties_count_against_us():
    similarity = np.array([[0.5, 0.5, 0.1]], np.float32)
    assert ranks(similarity, np.array([[True, False, False]])).tolist() == [2]


def test_scores_know_a_perfect_and_a_useless_model():
    captions = [(f"caption {i}",) for i in range(20)]
    perfect = retrieval_scores(np.eye(20, dtype=np.float32), np.eye(20, dtype=np.float32), captions)
    assert perfect["text_to_video"]["R@1"] == 100.0
    useless = retrieval_scores(np.ones((20, 4), np.float32), np.ones((20, 4), np.float32), captions)
    assert useless["text_to_video"]["R@10"] == 0.0
