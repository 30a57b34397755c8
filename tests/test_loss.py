"""Every loss against a naive loop, in value and gradient. InfoNCE's own is in test_vljepa."""

import cmath
import math
from itertools import pairwise

import pytest
import torch
from torch.nn.functional import normalize

from model_server.vljepa import loss
from model_server.vljepa.loss import Guarded, InfoNCE, SIGReg, VICReg, epps_pulley, make_loss


def pairs(n=6, dim=5, seed=0):
    torch.manual_seed(seed)
    return [normalize(torch.randn(n, dim, dtype=torch.float64), dim=-1).requires_grad_() for _ in range(2)]


def agree(found, expected, *inputs):
    """Same value, same gradients."""
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, inputs), torch.autograd.grad(expected, inputs))


def naive_distance(name, p, t):
    both = list(zip(p, t, strict=True))
    if name == "cosine":
        return 1 - sum(a * b for a, b in both)
    if name == "l1":
        return sum((a - b).abs() for a, b in both)
    return sum((a - b) ** 2 for a, b in both) ** 0.5


@pytest.mark.parametrize("name", ["cosine", "l1", "l2"])
def test_a_pair_loss_equals_a_naive_loop(name):
    predicted, target = pairs()
    expected = sum(naive_distance(name, p, t) for p, t in zip(predicted, target, strict=True)) / len(predicted)
    agree(make_loss(name)(predicted, target, torch.eye(6)), expected, predicted, target)


def naive_vicreg(x):
    n, dim = x.shape
    mean = [sum(x[i, d] for i in range(n)) / n for d in range(dim)]
    total = torch.zeros((), dtype=x.dtype)
    for a in range(dim):
        for b in range(dim):
            c = sum((x[i, a] - mean[a]) * (x[i, b] - mean[b]) for i in range(n)) / (n - 1)
            if a == b:
                total = total + torch.clamp(1 - (c + 1e-4) ** 0.5, min=0) / dim
            else:
                total = total + c**2 / dim / 25
    return total


@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_vicreg_equals_a_naive_loop(spread):
    x = pairs()[0]
    agree(VICReg()(spread * x), naive_vicreg(spread * x), x)


def naive_epps_pulley(column):
    knots = [-5 + 10 * k / 16 for k in range(17)]
    error = []
    for t in knots:
        phi = sum(torch.exp(cmath.sqrt(-1) * t * value) for value in column) / len(column)
        error.append((phi - math.exp(-t * t / 2)).abs() ** 2 * math.exp(-t * t / 2))
    return len(column) * sum((a + b) / 2 * 10 / 16 for a, b in pairwise(error))


def test_sigreg_equals_a_naive_loop(monkeypatch):
    monkeypatch.setattr(loss, "N_DIRECTIONS", 12)
    x = pairs()[0]
    torch.manual_seed(3)
    found = SIGReg()(2 * x)
    torch.manual_seed(3)
    directions = torch.randn(5, 12, dtype=torch.float64)
    columns = [(2 * x) @ (directions[:, m] / directions[:, m].norm()) for m in range(12)]
    agree(found, sum(naive_epps_pulley(column) for column in columns) / 12, x)


def test_the_epps_pulley_test_knows_a_gaussian_from_a_constant():
    torch.manual_seed(0)
    gaussian, constant, wide = torch.randn(2000, 1), torch.zeros(2000, 1), 3 * torch.randn(2000, 1)
    assert epps_pulley(gaussian) < 2
    assert min(epps_pulley(constant), epps_pulley(wide)) > 100


@pytest.mark.parametrize("name", ["vicreg", "sigreg"])
def test_an_anti_collapse_term_sees_collapse_and_leaves_an_even_sphere_alone(name):
    torch.manual_seed(0)
    even = normalize(torch.randn(1000, 64), dim=-1)
    collapsed = even[:1].expand(1000, -1)
    guarded = make_loss("cosine", name)
    assert guarded(collapsed, collapsed) > 5 * guarded(even, even)


def test_the_whole_is_the_loss_and_the_weighted_term_on_both_sides():
    predicted, target = pairs()
    root = math.sqrt(5)
    expected = naive_vicreg(root * predicted) + naive_vicreg(root * target)
    expected = 1 - (predicted * target).sum(1).mean() + 0.7 * expected
    agree(make_loss("cosine", "vicreg", 0.7)(predicted, target), expected, predicted, target)


def test_a_loss_is_chosen_by_name():
    assert isinstance(make_loss(), InfoNCE)
    guarded = make_loss("l2", "sigreg")
    assert isinstance(guarded, Guarded)
    assert guarded.weight == 0.05
    with pytest.raises(ValueError, match="infonce, cosine, l1, l2"):
        make_loss("l3")
    with pytest.raises(ValueError, match="vicreg, sigreg"):
        make_loss("l2", "barlow")
