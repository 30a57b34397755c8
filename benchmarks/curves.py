"""ROC and reliability curves of the score, as PNG for the docs."""

from pathlib import Path

import matplotlib as mpl
import numpy as np

from benchmarks.asking import Answer, of

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

N_BINS = 8


def draw(answers: list[Answer], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draw_roc(answers, folder / "cutoff_roc.png")
    draw_reliability(answers, folder / "cutoff_reliability.png")


def draw_roc(answers: list[Answer], path: Path) -> None:
    """Share of own queries kept against the share of the others kept, over every cut-off."""
    figure, axes = plt.subplots(figsize=(5, 5))
    for kind in ("absent", "nonsense"):
        for name, style in (("score", "-"), ("similarity", ":")):
            own = np.array([getattr(a, name) for a in of(answers, "own")])
            other = np.array([getattr(a, name) for a in of(answers, kind)])
            cuts = np.sort(np.concatenate([own, other, [np.inf]]))[::-1]
            x = [(other >= cut).mean() for cut in cuts]
            y = [(own >= cut).mean() for cut in cuts]
            label = "calibrated score" if name == "score" else "raw cosine"
            axes.plot(x, y, style, label=f"own against {kind}, {label}")
    kept = [np.mean([a.kept for a in of(answers, kind)]) for kind in ("absent", "own")]
    axes.plot(*kept, "o", color="black", label="default cut-off")
    axes.set(xlabel="share of the others kept", ylabel="share of own captions kept", xlim=(-0.01, 1), ylim=(0, 1.01))
    axes.legend(loc="lower right", fontsize=8)
    save(figure, path)


def draw_reliability(answers: list[Answer], path: Path) -> None:
    """How often the query had an answer, and how often the first video was the very one, against the score."""
    scores = np.array([a.score for a in answers])
    own = np.array([a.kind == "own" for a in answers])
    right = np.array([a.right for a in answers])
    # Each kind counts as it does in the fit, whatever its number here.
    weight = np.array(
        [{"own": 0.5, "absent": 0.35, "nonsense": 0.15}[a.kind] / len(of(answers, a.kind)) for a in answers]
    )
    bins = np.clip((scores * N_BINS).astype(int), 0, N_BINS - 1)
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for values, label in ((own, "written for this library"), (right, "and the first video is the very one")):
        used = [b for b in range(N_BINS) if (bins == b).any()]
        x = [np.average(scores[bins == b], weights=weight[bins == b]) for b in used]
        y = [np.average(values[bins == b], weights=weight[bins == b]) for b in used]
        axes.plot(x, y, "o-", label=label)
    axes.set(xlabel="score of the best hit", ylabel="share of queries", xlim=(0, 1), ylim=(0, 1.01))
    axes.legend(loc="upper left", fontsize=8)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
