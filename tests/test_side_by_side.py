"""What `benchmarks.side_by_side` compares: each part does what its row says, and a row without a figure says why."""

import dataclasses
from importlib import import_module
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from benchmarks import query_contenders, side_by_side
from benchmarks.clips import make_clip
from benchmarks.contender import Contender, NoFigure, Plan, serve
from benchmarks.index_contenders import bare_floor, embed, plain, random_base
from benchmarks.loaded import engine_of
from benchmarks.side_by_side import PARTS, ROWS, table
from model_server.frames.windows import sample
from model_server.presets import OPEN_VLJEPA

FILM_S = 5.0


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return make_clip(tmp_path_factory.mktemp("film") / "film.mp4", FILM_S, [])


@pytest.fixture
def plan(film, tmp_path, monkeypatch) -> Plan:
    monkeypatch.setenv("SEEKFRAME_VAR", str(tmp_path))  # so that it is put back: contenders set it
    return Plan("tiny", tmp_path, film, FILM_S, film, segments=100, queries=3, base_clips=1)


def measured(note: str, **figures: float) -> SimpleNamespace:
    return SimpleNamespace(problem="", note=note, figures=lambda: {"own_mib": 10, "child_mib": 0, **figures})


def test_the_table_sets_each_beside_ours_and_says_why_a_figure_is_missing():
    contenders = {
        "full": measured("ours", ms=50.0, core_ms=80.0, child_mib=4),
        "plain": measured("theirs", ms=100.0, core_ms=90.0),
        "sentence-transformers": SimpleNamespace(problem="not measured: no package", note="", figures=dict),
    }
    lines = list(table(contenders))
    assert "| ours, full | 50.0 ms | 20 x real time | 80.0 ms | 1.00 | 10 + 4 | ours |" in lines
    assert "| plain loop | 100.0 ms | 10 x real time | 90.0 ms | 2.00 | 10 | theirs |" in lines
    assert lines.count("| sentence-transformers | - | | | | | not measured: no package |") == 2
    assert not any("A query" in line for line in lines)
    assert len({line.count("|") for line in lines}) == 1


def test_a_row_stands_alone_where_ours_was_not_measured():
    (row,) = [line for line in table({"numpy": measured("n", ms=8.0, core_ms=9.0, p95_ms=9.5)}) if "brute" in line]
    assert row == "| numpy, brute force | 8.0 ms | p95 9.5 ms | 9.0 ms | - | 10 | n |"


def test_every_row_is_made_and_shown():
    for row in ROWS.values():
        module, _, name = row.maker.partition(":")
        assert callable(getattr(import_module(f"benchmarks.{module}"), name))
    assert {name for part in PARTS for name in part.rows} == set(ROWS)
    assert set(ROWS) > side_by_side.OURS


def test_a_contender_plays_its_rounds_in_a_process_of_its_own(plan):
    contender = Contender(ROWS["decode"].maker, plan)
    contender.play(0)
    contender.play(1)
    contender.end()
    assert contender.problem == ""
    assert contender.note
    assert len(contender.rounds) == 2
    assert contender.figures()["ms"] > 0
    assert contender.figures()["own_mib"] > 10


def test_a_contender_that_breaks_is_a_row_that_says_so(plan, tmp_path, capfd):
    contender = Contender(ROWS["decode"].maker, dataclasses.replace(plan, warm_up=tmp_path / "none.mp4"))
    contender.play(0)
    contender.end()
    assert contender.failed
    assert "ended with 1" in contender.problem
    assert contender.figures() == {}
    assert "none.mp4" in capfd.readouterr().err


def test_without_its_package_sentence_transformers_has_a_reason_for_a_figure(plan, monkeypatch):
    monkeypatch.setattr(query_contenders, "find_spec", lambda name: None)
    ours, theirs = Pipe()
    with ours, theirs:
        serve(theirs, ROWS["sentence-transformers"].maker, plan)
        reason = ours.recv()
    assert isinstance(reason, NoFigure)
    assert "requirements/evaluation.txt" in str(reason)


def test_the_plain_loop_embeds_every_window(plan):
    engine = engine_of(plan)
    windows = sample(FILM_S, engine.space).windows
    embeddings = embed(plan.film, engine)
    assert embeddings.shape == (len(windows), engine.space.dim)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    figures = plain(plan).play(0)
    assert figures["windows"] == len(windows)
    assert figures["ms"] > 0


def test_a_film_shorter_than_a_window_has_no_figure(plan, tmp_path):
    short = make_clip(tmp_path / "short.mp4", 1, [])
    with pytest.raises(NoFigure, match="shorter than one window"):
        embed(short, engine_of(plan))


def test_the_floor_is_made_of_decoding_and_encoding(plan):
    figures = bare_floor(plan).play(0)
    assert 0 < figures["decode_ms"] + figures["encode_ms"] <= figures["ms"]


def test_brute_force_asks_as_many_windows_as_the_search(plan):
    ready = query_contenders.brute_force(plan)
    assert "1,800 windows" in ready.note  # 100 segments of ten windows, in whole half hours
    first, second = ready.play(0), ready.play(1)
    assert min(first["ms"], second["ms"]) > 0
    assert first["ms"] <= first["p95_ms"]


def test_texts_are_read_one_by_one_and_together(plan):
    asked: list[list[str]] = []
    query_contenders.reading(plan, asked.append)(1)
    once = [texts[0] for texts in asked if len(texts) == 1][len(query_contenders.WARM_UP) :]
    assert len(once) == len(set(once)) == plan.queries
    assert [len(texts) for texts in asked if len(texts) > 1] == [32, 32]  # the first to warm up


def test_open_vljepas_layout_looks_at_a_clip_without_a_hub():
    config = dataclasses.replace(
        OPEN_VLJEPA,
        dim=20,
        x_encoder=dataclasses.replace(OPEN_VLJEPA.x_encoder, frame_px=32, dim=24, n_layers=2, n_heads=2),
        predictor=dataclasses.replace(
            OPEN_VLJEPA.predictor, n_layers=2, hidden=32, intermediate=48, n_heads=4, n_kv_heads=2
        ),
    )
    embedding = random_base(config, torch.float32)()
    assert embedding.shape == (1, 20)
    assert float(embedding.norm()) == pytest.approx(1, abs=1e-5)
