"""The coordinate against hubs: what it subtracts, what it leaves alone, and that weights keep it."""

import json
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from model_server.local import LocalEngine
from model_server.presets import TINY
from model_server.training import hubs
from model_server.training.hubs import with_hubness
from model_server.training.starting import new_model
from model_server.vljepa import weights
from model_server.vljepa.hubness import LEVEL, NEAREST, SHARE, Hubness, without
from model_server.vljepa.model import VLJEPA, random_model, space_of

DIM = 16
TEXTS = [f"{who} {does} {where}" for who in "abcde" for does in "fghij" for where in "klmno"]


@pytest.fixture
def captions():
    return normalize(torch.randn(300, DIM, generator=torch.Generator().manual_seed(0)), dim=-1)


def points(n: int, seed: int) -> torch.Tensor:
    return normalize(torch.randn(n, DIM, generator=torch.Generator().manual_seed(seed)), dim=-1)


def test_the_cosine_loses_a_share_of_the_nearness_and_nothing_else(captions):
    hubness = Hubness(DIM, len(captions), DIM)
    hubness.fit(captions)
    clips, queries = points(20, 1), points(30, 2)
    naive = torch.stack([torch.sort(captions @ clip, descending=True).values[:NEAREST].mean() for clip in clips])
    torch.testing.assert_close(hubness.nearness(clips)[:, 0], naive, atol=1e-5, rtol=0)
    found = hubness.predicted(clips) @ hubness.text(queries).T  # (20, 30)
    length = torch.sqrt(1 + (LEVEL - naive) ** 2) * (1 + SHARE**2) ** 0.5
    expected = (clips @ queries.T - SHARE * (naive[:, None] - LEVEL)) / length[:, None]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_few_components_tell_hubs_from_others_nearly_as_well(captions):
    flat = captions.clone()
    flat[:, 4:] *= 0.05  # captions vary in few directions
    flat = normalize(flat, dim=-1)
    whole, small = Hubness(DIM, len(flat), DIM), Hubness(DIM, len(flat), 4)
    whole.fit(flat), small.fit(flat)
    pair = torch.cat([whole.nearness(points(50, 3)), small.nearness(points(50, 3))], 1)
    assert torch.corrcoef(pair.T)[0, 1] > 0.95


def test_what_was_predicted_can_be_had_back(captions):
    hubness = Hubness(DIM, len(captions), DIM)
    hubness.fit(captions)
    clips = points(5, 4)
    torch.testing.assert_close(without(hubness.predicted(clips), DIM), clips)
    torch.testing.assert_close(without(clips, DIM), clips)


def test_the_order_of_captions_for_one_clip_stays(captions):
    hubness = Hubness(DIM, len(captions), DIM)
    hubness.fit(captions)
    clip, queries = points(1, 5), points(40, 6)
    before, after = (queries @ clip.T)[:, 0], (hubness.text(queries) @ hubness.predicted(clip).T)[:, 0]
    assert before.argsort().tolist() == after.argsort().tolist()


def test_a_model_keeps_it_in_its_weights_and_its_space(tmp_path):
    fitted = with_hubness(random_model(TINY), TEXTS, rank=8)
    weights.save(fitted, tmp_path)
    loaded, version = weights.load(tmp_path)
    assert space_of(loaded.config, version).dim == TINY.dim + 1
    torch.testing.assert_close(loaded.encode_texts(TEXTS[:3]), fitted.encode_texts(TEXTS[:3]), atol=2e-2, rtol=0)
    assert loaded.hubness is not None
    assert loaded.hubness.bank.abs().sum() > 0


def test_the_engine_searches_and_decodes_with_it(tmp_path):
    from model_server.vljepa.y_decoder import random_decoder

    engine = LocalEngine(with_hubness(random_model(TINY), TEXTS, 8), "v", "cpu", tmp_path, random_decoder(TINY.dim))
    embeddings = engine.encode_texts(["a f k"])
    assert embeddings.shape == (1, TINY.dim + 1) == (1, engine.space.dim)
    assert len(engine.decode(embeddings)) == 1


def test_configs_from_before_it_are_still_read():
    old = TINY.to_dict()
    del old["hub_captions"], old["hub_rank"]
    assert type(TINY).from_dict(json.loads(json.dumps(old))) == TINY
    assert VLJEPA(replace(TINY, hub_captions=0)).hubness is None


def test_training_that_goes_on_from_such_weights_leaves_it_out(tmp_path):
    weights.save(with_hubness(random_model(TINY), TEXTS, 8), tmp_path)
    model = new_model("tiny", tmp_path)
    assert model.encode_texts(["a"]).shape == (1, TINY.dim)
    weights.save(model, tmp_path / "again")
    assert weights.load(tmp_path / "again")[0].hubness is None


def test_the_command_adds_it_to_finished_weights(tmp_path, capsys):
    weights.save(random_model(TINY), tmp_path / "in")
    text = tmp_path / "captions.jsonl"
    text.write_text("".join(json.dumps({"captions": [t]}) + "\n" for t in TEXTS))
    hubs.main(
        ["--weights", str(tmp_path / "in"), "--text", str(text), "--captions", "60", "--out", str(tmp_path / "o")]
    )
    assert "60 captions" in capsys.readouterr().out
    model, _ = weights.load(tmp_path / "o")
    assert model.config.hub_captions == 60
    before, _ = weights.load(tmp_path / "in")
    torch.testing.assert_close(without(model.encode_texts(["a"]), TINY.dim), before.encode_texts(["a"]))


def test_the_command_says_what_is_wrong_with_its_data(tmp_path):
    weights.save(random_model(TINY), tmp_path)
    with pytest.raises(SystemExit, match=r"hubs: .*missing\.jsonl"):
        hubs.main(["--weights", str(tmp_path), "--text", str(tmp_path / "missing.jsonl")])
