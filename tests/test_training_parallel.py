"""Training in several processes equals training in one; bf16; gradient checkpointing; curves."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import modeling_utils

from tests.test_training import folder, losses, train  # noqa: F401  # a fixture

ROOT = Path(__file__).parent.parent


def launch(n_processes: int, data: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(n_processes)]
    paths = ["--data", str(data), "--out", str(out), "--cache", str(out.parent / "cache")]
    options = ["--preset", "tiny", "--device", "cpu", "--warm-up", "1", "--epochs", "2", "--head-epochs", "0"]
    return subprocess.run(
        [sys.executable, "-m", *launcher, "-m", "tests.parallel_training", *paths, *options, *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def trained(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / "checkpoint.pt", weights_only=True)["model"]


@pytest.mark.parametrize("loss", ["infonce", "sigreg"])
def test_two_processes_reach_what_one_reaches(folder, tmp_path, loss):  # noqa: F811
    """All negatives are seen: the losses of the gathered batch, and what they lead to, are those of one process."""
    more = ["--batch", "4"] + (["--loss", "cosine", "--anti-collapse", "sigreg"] if loss == "sigreg" else [])
    found = {}
    for n in (1, 2):
        done = launch(n, folder, tmp_path / str(n), *more)
        assert done.returncode == 0, done.stderr[-2000:]
        found[n] = losses(tmp_path / str(n))
    assert len(found[1]) == 6
    assert found[2] == pytest.approx(found[1], abs=2e-4)
    one, two = trained(tmp_path / "1"), trained(tmp_path / "2")
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=1e-3, rtol=1e-3, msg=name)


def test_a_batch_that_cannot_be_shared_out_is_refused(folder, tmp_path):  # noqa: F811
    done = launch(2, folder, tmp_path / "out", "--batch", "5")
    assert done.returncode != 0
    assert "--batch 5 must be a multiple of the 2 processes" in done.stderr


def test_gradient_checkpointing_changes_no_loss(folder, tmp_path, monkeypatch):  # noqa: F811
    calls = []
    real = modeling_utils.checkpoint
    monkeypatch.setattr("transformers.modeling_utils.checkpoint", lambda *a, **k: (calls.append(1), real(*a, **k))[1])
    for name, more in {"plain": [], "checkpointed": ["--gradient-checkpointing"]}.items():
        train(folder, tmp_path / name, "--epochs", "2", "--head-epochs", "0", *more)
    assert calls
    assert losses(tmp_path / "checkpointed") == pytest.approx(losses(tmp_path / "plain"), abs=1e-4)


def test_bfloat16_stays_near(folder, tmp_path):  # noqa: F811
    for name in ("float32", "bfloat16"):
        train(folder, tmp_path / name, "--epochs", "2", "--head-epochs", "0", "--precision", name)
    exact, near = losses(tmp_path / "float32"), losses(tmp_path / "bfloat16")
    assert near == pytest.approx(exact, rel=0.05)
    assert near != exact


def test_the_average_can_be_left_out(folder, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    train(folder, out, "--epochs", "1", "--head-epochs", "0", "--average", "0")
    kept = torch.load(out / "checkpoint.pt", weights_only=True)
    for name, value in kept["average"].items():
        torch.testing.assert_close(value, kept["model"][name])


def test_a_run_writes_curves(folder, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    train(folder, out, "--epochs", "1", "--head-epochs", "0")
    (events,) = (out / "tensorboard").iterdir()
    assert b"loss" in events.read_bytes()
    assert b"validation/R_1" in events.read_bytes()
