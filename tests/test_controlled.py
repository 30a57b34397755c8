"""The controlled comparison: the VLM against its own definition, and the command on a miniature folder."""

import json

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from model_server.evaluation import controlled as measures
from model_server.training import controlled, rivals
from model_server.training.decoder import padded
from model_server.vljepa.vlm import TokenVLM
from model_server.vljepa.x_encoder import VisualTokens
from tests.coloured import coloured_photos

TEXTS = ["a dog", "two cats", "sea"]


def clips(n: int = 3) -> VisualTokens:
    draw = torch.Generator().manual_seed(5)
    return VisualTokens(torch.randn(n, 29, 48, generator=draw), torch.arange(29), torch.linspace(0.1, 0.9, 29))


@pytest.fixture(scope="module")
def vlm() -> TokenVLM:
    """One that has learnt three captions by heart."""
    torch.manual_seed(0)
    jepa = rivals.new_jepa("tiny")
    model = TokenVLM(rivals.decoder_config(jepa.config), torch.arange(256), jepa.config.predictor, 48, jepa.prompt)
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    words = padded(model.spelled(TEXTS))
    for _ in range(200):
        optimiser.zero_grad()
        model(clips(), words).backward()
        optimiser.step()
    return model.eval()


def test_the_vlm_writes_what_it_saw(vlm):
    assert vlm.caption(clips()) == TEXTS


def test_the_least_surprising_caption_is_the_right_one(vlm):
    words = padded(vlm.spelled(TEXTS))
    found = [int(vlm.surprise(measures.one_of(clips(), k), words).argmin()) for k in range(3)]
    assert found == [0, 1, 2]


def test_surprise_with_a_cache_is_the_loss_without(vlm):
    one, row = measures.one_of(clips(), 1), padded(vlm.spelled(["a cat and a dog"]))
    both = padded(vlm.spelled(["a cat and a dog", "x"]))
    with torch.no_grad():
        naive = vlm(one, row)
    torch.testing.assert_close(vlm.surprise(one, both)[0], naive, atol=1e-4, rtol=0)
    assert float(naive) > 0


def test_nothing_is_seen_of_the_words_to_come(vlm):
    with torch.no_grad():
        prefix = vlm.read(clips(1))
        told = vlm.model.model.embed_tokens(torch.tensor([[97, 98, 99]]))
        first, cut = (vlm.model(inputs_embeds=torch.cat([prefix, told[:, :n]], 1)).logits for n in (3, 1))
    place = prefix.shape[1]
    word = torch.tensor([98])
    torch.testing.assert_close(cross_entropy(first[:, place], word), cross_entropy(cut[:, place], word))


def compare(data, out, *more):
    paths = ["--data", str(data), "--classes", str(data), "--n-classes", "4", "--out", str(out)]
    cache = ["--cache", str(out.parent / "cache"), "--docs", str(out.parent / "comparison.md")]
    controlled.main([*paths, *cache, "--preset", "tiny", "--batch", "6", "--decoder-steps", "4", *more])


def test_it_measures_both_on_the_same_pictures_and_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    pytest.importorskip("pycocoevalcap")
    data = coloured_photos(tmp_path)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    compare(data, whole, "--steps", "10")
    points = json.loads((whole / "comparison.json").read_text())["points"]
    assert [(p["model"], p["samples"], p["n"], p["classes"]) for p in points] == [
        (model, samples, 4, 4) for samples in (48, 60) for model in ("VL-JEPA", "VLM")
    ]
    text = (tmp_path / "comparison.md").read_text()
    assert "| 60 |" in text
    assert (tmp_path / "comparison.png").stat().st_size > 1000

    real = controlled.learn_step
    monkeypatch.setattr(controlled, "learn_step", stopping_after(9, real))
    with pytest.raises(KeyboardInterrupt):
        compare(data, cut, "--steps", "10")
    monkeypatch.setattr(controlled, "learn_step", real)
    compare(data, cut, "--steps", "10")
    assert json.loads((cut / "comparison.json").read_text())["points"] == points


def stopping_after(n: int, real):  # type: ignore[no-untyped-def]
    calls = []

    def step(*given):  # type: ignore[no-untyped-def]
        calls.append(1)
        if len(calls) > n:
            raise KeyboardInterrupt
        return real(*given)

    return step


def test_without_held_out_items_it_says_so(tmp_path):
    data = coloured_photos(tmp_path)
    source = data / "captions.jsonl"
    source.write_text(source.read_text().replace('"val"', '"train"'))
    with pytest.raises(SystemExit, match="split `val`"):
        compare(data, tmp_path / "out")


def test_a_rank_is_right_within_five():
    found = measures.point("VLM", 1, np.zeros(3), np.array([1, 5, 6]))
    assert found.top5 == pytest.approx(66.7)
