"""The cost command against sums made by hand."""

import dataclasses
import json

import pytest

from model_server.evaluation import cost
from model_server.presets import BASE
from model_server.vljepa import y_decoder
from tests import base_parts

C, N, FRAMES, PX = 24, 8, 4, 32  # channels, visual tokens (2 tubelets of 4 patches) of a clip
H, KV, MLP, D = 32, 16, 48, 20  # the predictor's hidden, keys and values, intermediate; the embedding
L = N + 5  # with five prompt tokens
CONFIG = dataclasses.replace(
    BASE,
    dim=D,
    clip_frames=FRAMES,
    x_encoder=dataclasses.replace(BASE.x_encoder, frame_px=PX, dim=C, n_layers=3, n_heads=2, mlp_ratio=2),
    predictor=dataclasses.replace(
        BASE.predictor, n_layers=2, hidden=H, intermediate=MLP, n_heads=4, n_kv_heads=2, n_words=19
    ),
    y_encoder=dataclasses.replace(
        BASE.y_encoder,
        hidden=16,
        architecture={"model_type": "gemma3_text", **base_parts.gemma_config().to_diff_dict()},
    ),
)


def test_parameters_and_flops_are_those_counted_by_hand():
    x_encoder, words, predictor, y_encoder = cost.cost(CONFIG, prompt_tokens=5, text_tokens=7)

    patch = 3 * 2 * 16 * 16  # values a visual token is made of
    layer = 4 * C * C + 2 * C * 2 * C  # query, key, value, output; two matrices of the MLP
    assert x_encoder.parameters == patch * C + C + 3 * (layer + 4 * C + 2 * C + C + 4 * C) + 2 * C
    assert (
        x_encoder.flops == 2 * N * (patch * C + 3 * layer) + 3 * 4 * N * N * C
    )  # attention: two products of N x N x C
    assert x_encoder.trained == 0

    assert (words.parameters, words.trained) == (19 * H, 0)

    layer = 2 * H * H + 2 * H * KV + 3 * H * MLP
    ends = C * H + H * D
    assert predictor.parameters == predictor.trained == 2 * (layer + 2 * H) + H + ends + H + D
    assert predictor.flops == 2 * (N * C * H + L * 2 * layer + H * D) + 2 * 4 * L * L * H

    layer = 2 * 16 * 16 + 2 * 16 * 8 + 3 * 16 * 24
    norms = 4 * 16 + 2 * 8
    assert y_encoder.parameters == 19 * 16 + 3 * (layer + norms) + 16 + 16 * D + D
    assert y_encoder.flops == 2 * (7 * 3 * layer + 16 * D) + 3 * 4 * 7 * 7 * 16


def test_the_command_prints_the_papers_sizes(capsys):
    cost.main([])
    table, last = capsys.readouterr().out.rsplit("\n", 2)[:2]
    assert "base: clips of 16 frames at 256 px" in table
    found = {part["name"]: round(part["parameters"] / 1e6) for part in json.loads(last)["parts"]}
    assert found == {"x-encoder": 304, "words": 263, "predictor": 492, "y-encoder": 304}
    total = json.loads(last)
    assert total["bytes"]["bfloat16"] == 2 * total["parameters"]
    assert total["flops_a_clip"] == sum(part["flops"] for part in total["parts"][:3])


def test_it_reads_sizes_from_a_folder_and_names_a_missing_one(tmp_path, capsys):
    cost.main(["--weights", str(base_parts.assembled(tmp_path)), "--json"])
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["parts"][1]["parameters"] == 19 * 32
    with pytest.raises(SystemExit, match=r"config\.json"):
        cost.main(["--weights", str(tmp_path)])


def test_presets_of_packages_are_counted_too():
    small_part = {part.name: part for part in cost.cost(cost.preset("tiny"), 5, 7)}
    assert small_part["predictor"].flops > 0
    assert small_part["words"].parameters == 0


def test_a_caption_is_counted_where_a_y_decoder_lies_beside_the_weights(tmp_path):
    assert cost.cost_of_captions(tmp_path, 7) == []
    decoder = y_decoder.random_decoder(D)
    y_decoder.save(decoder, tmp_path)
    (part,) = cost.cost_of_captions(tmp_path, 7)
    c = decoder.config
    kv = c.hidden // c.n_heads * c.n_kv_heads
    layer = 2 * c.hidden * c.hidden + 2 * c.hidden * kv + 3 * c.hidden * c.intermediate
    prefix, n = c.dim * c.n_prefix * c.hidden, c.n_prefix + 7
    assert part.trained == 2 * (layer + 2 * c.hidden) + c.hidden + prefix + c.n_prefix * c.hidden
    assert part.parameters == part.trained + 256 * c.hidden
    assert part.flops == 2 * (prefix + n * (2 * layer + 256 * c.hidden)) + 2 * 4 * n * n * c.hidden
