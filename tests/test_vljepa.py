"""The model's parts on the tiny preset: shapes, masks, gradients where they belong, stored weights."""

import dataclasses

import numpy as np
import pytest
import torch

from model_server.engine import Clips, EngineError
from model_server.local import load_engine
from model_server.presets import SMALL, TINY, preset
from model_server.vljepa import weights
from model_server.vljepa.config import VLJEPAConfig
from model_server.vljepa.loss import InfoNCE
from model_server.vljepa.model import class_names, random_model
from model_server.vljepa.packages import WeightsProblem
from model_server.vljepa.predictor import joint_mask
from model_server.vljepa.x_encoder import FrameXEncoder, TinyBackbone, pool_matrix, tiny_names


def some_frames(n: int = 10) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (n, 32, 32, 3), dtype=np.uint8)


def tiny_x_encoder() -> FrameXEncoder:
    return FrameXEncoder(TinyBackbone(TINY.x_encoder.dim), tiny_names(TINY.x_encoder.tag_dim), TINY.x_encoder)


def test_it_encodes_a_frame_once_and_shares_it_between_windows():
    engine = load_engine("tiny")
    frames = some_frames()
    together = engine.predict(Clips(frames, np.array([range(8), range(2, 10)], np.int32)))
    alone = engine.predict(Clips(frames[2:10], np.arange(8, dtype=np.int32)[None]))
    np.testing.assert_allclose(together[1], alone[0], atol=1e-5)


def test_it_gives_unit_vectors_for_clips_and_photos_and_texts():
    engine = load_engine("tiny")
    clips = engine.predict(Clips(some_frames(), np.arange(8, dtype=np.int32)[None]))
    photo = engine.predict(Clips(some_frames(1), np.zeros((1, 1), np.int32)))
    texts = engine.encode_texts(["a dog", "a red bus in the rain"])
    for embeddings in (clips, photo, texts):
        assert embeddings.shape[1] == engine.space.dim
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_it_notices_the_order_of_frames():
    engine = load_engine("tiny")
    forward = np.arange(8, dtype=np.int32)[None]
    a, b = (engine.predict(Clips(some_frames(8), index)) for index in (forward, forward[:, ::-1].copy()))
    assert np.abs(a - b).max() > 1e-4


@pytest.mark.parametrize(
    ("frames", "index"),
    [
        (some_frames().astype(np.float32), [[0]]),
        (some_frames()[:, :16], [[0]]),
        (some_frames(), [[10]]),
        (some_frames(), [[-1]]),
        (some_frames(), [list(range(9))]),
    ],
)
def test_it_refuses_clips_of_the_wrong_shape(frames, index):
    with pytest.raises(EngineError) as refusal:
        load_engine("tiny").predict(Clips(frames, np.array(index, np.int32)))
    assert refusal.value.permanent


def test_it_refuses_a_prompt_the_weights_do_not_know():
    with pytest.raises(EngineError, match="one prompt"):
        load_engine("tiny").predict(Clips(some_frames(1), np.zeros((1, 1), np.int32)), prompt="Is it raining?")


def test_it_gives_nothing_for_nothing():
    engine = load_engine("tiny")
    assert engine.encode_texts([]).shape == (0, 64)
    assert engine.predict(Clips(some_frames(0), np.empty((0, 8), np.int32))).shape == (0, 64)


def test_padding_of_the_prompt_changes_nothing():
    model = random_model(TINY).eval()
    vision = tiny_x_encoder()(some_frames(8), np.arange(8)[None])
    padded = torch.cat([model.prompt, torch.randn(5, model.prompt.shape[1])])
    mask = torch.tensor([[True] * len(model.prompt) + [False] * 5])
    with torch.no_grad():
        plain, masked = model.predictor(vision, model.prompt), model.predictor(vision, padded, mask)
    torch.testing.assert_close(plain, masked, atol=1e-5, rtol=0)


def test_every_token_sees_every_other_token():
    mask = joint_mask(torch.ones(1, 4, dtype=torch.bool), torch.float32)
    assert (mask == 0).all()
    assert mask.shape == (1, 1, 4, 4)


def test_gradients_reach_what_is_trained_and_nothing_else():
    model = random_model(dataclasses.replace(TINY, y_encoder=dataclasses.replace(TINY.y_encoder, trained_layers=1)))
    vision = tiny_x_encoder()(some_frames(16), np.arange(16).reshape(2, 8))
    loss = InfoNCE()
    loss(model.predict(vision), model.encode_texts(["a dog", "a cat"])).backward()
    without = {name for name, value in model.named_parameters() if value.requires_grad and value.grad is None}
    assert not without
    frozen = [value for part in model.y_encoder.shipped() for value in part.parameters()]
    assert frozen
    assert all(value.grad is None for value in frozen)
    assert loss.log_scale.grad is not None


@pytest.mark.parametrize("shared", [False, True])
def test_the_loss_equals_a_naive_loop_in_value_and_gradient(shared):
    torch.manual_seed(0)
    x, y = (torch.nn.functional.normalize(torch.randn(5, 8), dim=-1).requires_grad_() for _ in range(2))
    positives = torch.eye(5)
    if shared:
        positives[0, 1] = positives[1, 0] = 1
    loss = InfoNCE()
    loss(x, y, positives).backward()
    found = [x.grad.clone(), y.grad.clone()]
    x.grad = y.grad = None
    naive(x, y, positives, float(loss.log_scale.detach().exp())).backward()
    torch.testing.assert_close(found, [x.grad, y.grad])
    assert float(loss(x, y, positives).detach()) == pytest.approx(
        float(naive(x, y, positives, float(loss.log_scale.detach().exp())).detach())
    )


def naive(x, y, positives, scale):
    """InfoNCE written as the paper states it: for each row, minus the log share of its right answers."""
    total = 0.0
    n = len(x)
    for a, b, right in ((x, y, positives), (y, x, positives.T)):
        for i in range(n):
            logits = torch.stack([scale * a[i] @ b[j] for j in range(n)])
            for j in range(n):
                weight = right[i, j] / right[i].sum()
                total = total - weight * (logits[j] - logits.exp().sum().log()) / (2 * n)
    return total


def test_pooling_as_a_matrix_equals_adaptive_pooling():
    x = torch.randn(2, 3, 9, 9)
    expected = torch.nn.functional.adaptive_avg_pool2d(x, 5).flatten(2)
    torch.testing.assert_close(x.flatten(2) @ pool_matrix(9, 5).T, expected)


def test_stored_weights_predict_what_they_predicted(tmp_path):
    model = random_model(TINY).eval()
    weights.save(model, tmp_path)
    loaded, version = weights.load(tmp_path)
    vision = tiny_x_encoder()(some_frames(8), np.arange(8)[None])
    with torch.no_grad():
        cosine = float((model.predict(vision) * loaded.predict(vision)).sum())
    assert cosine > 0.999  # int8 costs a little
    assert len(version) == 12


def test_damaged_weights_give_one_clear_sentence(tmp_path):
    weights.save(random_model(TINY), tmp_path)
    path = tmp_path / weights.WEIGHTS
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsProblem, match=r"damaged|cannot be read"):
        weights.load(tmp_path)


def test_missing_weights_give_one_clear_sentence(tmp_path):
    with pytest.raises(WeightsProblem, match="no weights"):
        weights.load(tmp_path)


def test_a_config_refuses_keys_it_does_not_know():
    with pytest.raises(ValueError, match="surprise"):
        VLJEPAConfig.from_dict({**TINY.to_dict(), "surprise": 1})
    assert VLJEPAConfig.from_dict(SMALL.to_dict()) == SMALL


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ValueError, match="small"):
        preset("huge")


def test_there_is_a_name_for_every_class():
    assert len(class_names()) == 1000
    assert all(class_names())
