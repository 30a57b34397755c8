"""CIDEr against decodes a second: how many decodes a better cut saves, and the plot (paper Fig. 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_server.evaluation.rows import Row, Where

NEAR_BEST = 0.95  # of the uniform curve's best CIDEr: a level that both curves pass while they still climb
NEVER = "never reach that CIDEr, or it is 0"

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A sweep over decoding rates. CIDEr is kept for each annotation, so that intervals can be drawn over them."""

    kind: str
    rates_hz: Numbers  # (r,) as decoded, not as asked
    cider: Numbers  # (r, a)


def saved(where: Where, uniform: Curve, other: Curve, reference_hz: float) -> list[Row]:
    """How many times fewer decodes `other` needs, by two measures, each with its interval over annotations.

    The paper's: `reference_hz` over the lowest rate at which `other` has the CIDEr of uniform decoding there. Ours is
    stricter: both curves at the lowest rate that reaches 95 % of the best uniform CIDEr, since a uniform rate may be
    far past the point where it stops paying.
    """
    draw = np.random.default_rng(where.scale.seed)
    n = uniform.cider.shape[1]
    samples = np.vstack([np.arange(n), draw.integers(n, size=(where.scale.draws, n))])  # (1 + draws, n)
    found = np.array([ratios(uniform, other, reference_hz, sample) for sample in samples])  # (1 + draws, 2)
    names = (
        f"decodes saved, {other.kind}, at the CIDEr of uniform {reference_hz:g} Hz",
        f"decodes saved, {other.kind}, both at {NEAR_BEST:.0%} of the best uniform CIDEr",
    )
    return [row(where, name, found[:, i], n) for i, name in enumerate(names)]


def row(where: Where, name: str, found: Numbers, n: int) -> Row:
    """From the ratio on all annotations and on the bootstrap samples; nan where a curve stays below."""
    reached = found[1:][np.isfinite(found[1:])]
    if not np.isfinite(found[0]) or not reached.size:
        return Row(where.task, where.benchmark, name, note=f"{NEVER}; {where.note}")
    low, high = np.percentile(reached, [2.5, 97.5])
    note = where.note
    if len(reached) < len(found) - 1:
        note = f"{1 - len(reached) / (len(found) - 1):.0%} of the samples {NEVER}; {note}"
    shown = (round(float(low), 2), round(float(high), 2))
    value = round(float(found[0]), 2)
    return Row(where.task, where.benchmark, name, value, shown, where.pool, n, where.scale.seed, note)


def ratios(uniform: Curve, other: Curve, reference_hz: float, sample: npt.NDArray[np.integer]) -> tuple[float, float]:
    """The two measures of `saved` on some annotations; nan where a curve never gets there."""
    ours, theirs = other.cider[:, sample].mean(axis=1), uniform.cider[:, sample].mean(axis=1)
    if theirs.max() <= 0:
        return float("nan"), float("nan")
    at = int(np.abs(uniform.rates_hz - reference_hz).argmin())
    papers = uniform.rates_hz[at] / rate_at(other.rates_hz, ours, theirs[at])
    level = NEAR_BEST * theirs.max()
    return papers, rate_at(uniform.rates_hz, theirs, level) / rate_at(other.rates_hz, ours, level)


def rate_at(rates_hz: Numbers, values: Numbers, level: float) -> float:
    """The lowest rate at which the curve reaches the level, between two points by the logarithm of the rate.

    >>> round(rate_at(np.array([0.1, 1.0]), np.array([10.0, 20.0]), 15.0), 3)
    0.316
    """
    order = np.argsort(rates_hz, kind="stable")
    rates, best = np.log(rates_hz[order]), np.maximum.accumulate(values[order])
    if best[-1] < level:
        return float("nan")
    k = int(np.argmax(best >= level))
    if k == 0 or best[k] == best[k - 1]:
        return float(np.exp(rates[k]))
    share = (level - best[k - 1]) / (best[k] - best[k - 1])
    return float(np.exp(rates[k - 1] + share * (rates[k] - rates[k - 1])))


def draw(curves: Sequence[Curve], path: Path, title: str) -> None:
    """Write the curves as a picture. ValueError where matplotlib is missing: it comes with the test packages."""
    try:
        import matplotlib as mpl
    except ImportError as problem:
        raise ValueError("The plot needs matplotlib: pip install -r requirements/tests.txt") from problem
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.5, 4.5))
    colours = {"uniform": "grey", "Ward": "tab:blue", "online": "tab:orange"}
    for curve in curves:
        way, _, kind = curve.kind.partition(", ")
        order = np.argsort(curve.rates_hz)
        style = "o-" if kind == "pooled" else "o:"
        means = 100 * curve.cider.mean(axis=1)
        axes.plot(curve.rates_hz[order], means[order], style, color=colours[way], label=curve.kind, markersize=4)
    axes.set(xscale="log", xlabel="decodes a second", ylabel="CIDEr", title=title)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
