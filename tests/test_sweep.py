"""Ablations: changes of a config, the sweep file itself, and two rows trained and measured on a miniature."""

import json

import pytest

from model_server.presets import SMALL, TINY
from model_server.training import assemble_base, pretrain, sweep
from model_server.training.data import DataProblem
from model_server.training.starting import new_model
from tests.coloured import coloured_photos


def test_a_config_is_changed_by_name():
    changed = SMALL.changed(
        ["predictor.causal=true", "predictor.n_layers=4", 'preset = "mine"', "predictor.first_layer=0"]
    )
    assert (changed.predictor.causal, changed.predictor.n_layers, changed.preset) == (True, 4, "mine")
    assert changed.predictor.first_layer == 0
    assert SMALL.changed([]) == SMALL


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("predictor.wings=2", "there is no 'predictor.wings'"),
        ("predictor=2", "there is no 'predictor'"),
        ("dim.x=2", "there is no 'dim.x'"),
        ("predictor.causal=yes", "NAME=VALUE"),
        ("predictor.causal", "NAME=VALUE"),
        ("predictor.n_layers=2.5", "is a int, like 2"),
    ],
)
def test_a_change_that_fits_nothing_says_why(change, reason):
    with pytest.raises(ValueError, match=reason):
        SMALL.changed([change])


def test_stored_weights_keep_their_config(tmp_path):
    with pytest.raises(ValueError, match="--change belongs"):
        new_model("tiny", tmp_path, ["dim=32"])


@pytest.mark.parametrize("preset", ["small", "base"])
def test_every_row_of_the_file_is_a_call_that_its_commands_take(preset):
    rows = sweep.chosen(sweep.read_sweep(sweep.SWEEP), None, preset)
    assert {"reference", "l2", "layers-0-2", "causal", "random-start"} <= {row.name for row in rows}
    for row in rows:
        pretrain.parse(["--data", "x", "--out", "y", *row.pretrain])
        assemble_base.parse(["x", *row.assemble])
        assert row.name == "reference" or row.pretrain or row.model_differs
        if preset == "small":
            assert SMALL.changed(row.change) != SMALL or not row.change


def sweep_colours(tmp_path, *more):
    data = tmp_path / "flickr8k"
    if not data.exists():
        coloured_photos(tmp_path).rename(data)
        source = data / "captions.jsonl"
        source.write_text(source.read_text().replace('"val"', '"test"'))
    rows = tmp_path / "rows.toml"
    rows.write_text(
        '[[row]]\npart = "as it is"\nname = "reference"\n'
        '[[row]]\npart = "predictor"\nname = "causal"\nchange = ["predictor.causal=true"]\n'
        '[[row]]\npart = "y-encoder"\nname = "another"\nassemble = ["--text-encoder", "x"]\n'
    )
    paths = ["--data", str(data), "--evaluate", str(tmp_path), "--out", str(tmp_path / "out"), "--file", str(rows)]
    quick = ["--batch", "8", "--epochs", "1", "--warm-up", "1", "--head-epochs", "1", "--head-fits", "1"]
    cache = ["--device", "cpu", "--cache", str(tmp_path / "cache")]
    sweep.main([*paths, "--preset", "tiny", "--benchmarks", "flickr8k", *more, "--", *quick, *cache])
    return (tmp_path / "out" / "ablations.md").read_text()


def test_it_trains_each_row_measures_it_and_does_neither_twice(tmp_path, monkeypatch):
    text = sweep_colours(tmp_path, "--only", "reference")
    assert "| as it is | reference |" in text
    assert "causal" not in text
    text = sweep_colours(tmp_path)
    assert "| predictor | causal |" in text
    assert "(1) | - | - |" in text  # one benchmark of retrieval, none of the other tasks
    assert "another" not in text  # how it changes this preset is not said
    config = json.loads((tmp_path / "out" / "causal" / "weights" / "config.json").read_text())
    assert config["predictor"]["causal"]
    assert not TINY.predictor.causal
    monkeypatch.setattr(pretrain, "main", None)  # a second training would fail
    assert sweep_colours(tmp_path) == text


def test_an_unknown_row_and_a_file_that_is_no_sweep_say_so(tmp_path):
    with pytest.raises(SystemExit, match="no row wings"):
        sweep_colours(tmp_path, "--only", "wings")
    twice = tmp_path / "twice.toml"
    twice.write_text('[[row]]\npart = "a"\nname = "b"\n' * 2)
    with pytest.raises(DataProblem, match="two rows"):
        sweep.read_sweep(twice)
    twice.write_text("[[row]]\nwings = 2\n")
    with pytest.raises(DataProblem, match="no sweep"):
        sweep.read_sweep(twice)
