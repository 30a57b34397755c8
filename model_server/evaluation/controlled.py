"""What the controlled comparison measures (paper section 4.4), and how it is shown: CIDEr and top-5 accuracy against
samples seen, and what an answer costs. The models and their training: `training.controlled`."""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from model_server.evaluation.captioning import cider
from model_server.evaluation.ranks import ranks
from model_server.evaluation.rows import interval
from model_server.training.features import Features
from model_server.training.texts import tidy
from model_server.vljepa.config import PredictorConfig
from model_server.vljepa.model import VLJEPA
from model_server.vljepa.prompt import embed_prompts, rows_of
from model_server.vljepa.vlm import TokenVLM
from model_server.vljepa.x_encoder import VisualTokens, XEncoder
from model_server.vljepa.y_decoder import IGNORED, YDecoder

CLIPS_A_RUN = 32
TOP = 5
BATCHES = (1, 8)  # of the costs
REPEATS = 7  # of each timing; the median counts


@dataclass(frozen=True)
class Test:
    """What is asked: captions of the held-out items, and the class of each picture shown."""

    x_encoder: XEncoder
    held: list[Features]
    shown: Features  # one picture a class
    names: list[str]  # of the classes, in the order of the pictures
    name_embeddings: Tensor  # (C, D)


@dataclass(frozen=True)
class Point:
    """One model after so many samples."""

    model: str
    samples: int
    cider: float  # x 100
    cider_95: tuple[float, float]
    n: int
    top5: float  # percent
    top5_95: tuple[float, float]
    classes: int


@torch.no_grad()
def measure(jepa: VLJEPA, decoder: YDecoder, vlm: TokenVLM, test: Test, samples: int) -> list[Point]:
    """Both models on the same pictures."""
    for model in (jepa, decoder, vlm):
        model.eval()
    references = [item.captions for part in test.held for item in part.items]
    told: tuple[list[str], list[str]] = ([], [])
    order: list[int] = []
    first = 0
    for part in test.held:
        for which, clips in clips_seen_whole(part, test.x_encoder, jepa):
            order += [first + i for i in which]
            told[0].extend(decoder.caption(jepa.predict(clips)))
            told[1].extend(vlm.caption(clips))
        first += len(part.items)
    asked = [references[i] for i in order]
    near, likely = classes_of(jepa, vlm, test)
    return [
        point(name, samples, cider(captions, asked), found)
        for name, captions, found in (("VL-JEPA", told[0], near), ("VLM", told[1], likely))
    ]


def classes_of(jepa: VLJEPA, vlm: TokenVLM, test: Test) -> tuple[np.ndarray, np.ndarray]:
    """The rank of each picture's class: by the nearest embedding, and by the lowest perplexity."""
    rows = vlm.spelled([tidy(name) for name in test.names])
    words = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows], batch_first=True, padding_value=IGNORED
    )  # (C, L)
    near, likely, order = [], [], []
    for which, clips in clips_seen_whole(test.shown, test.x_encoder, jepa):
        order += which
        near.append(jepa.predict(clips) @ test.name_embeddings.T)
        likely += [-vlm.surprise(one_of(clips, k), words) for k in range(len(clips.tokens))]
    right = np.eye(len(test.names), dtype=np.bool_)[order]
    return ranks(torch.cat(near).numpy(), right), ranks(torch.stack(likely).numpy(), right)


def point(name: str, samples: int, each: np.ndarray, found: np.ndarray) -> Point:
    right = 100.0 * (found <= TOP)
    return Point(
        model=name,
        samples=samples,
        cider=round(100 * float(each.mean()), 1),
        cider_95=edges(100 * each),
        n=len(each),
        top5=round(float(right.mean()), 1),
        top5_95=edges(right),
        classes=len(found),
    )


def edges(values: np.ndarray) -> tuple[float, float]:
    low, high = interval(values)
    return round(low, 1), round(high, 1)


def clips_seen_whole(features: Features, x_encoder: XEncoder, jepa: VLJEPA) -> Iterator[tuple[list[int], VisualTokens]]:
    """Every item once: a photo whole, a video as one clip of frames spread over it. With the items' places."""
    by_length: dict[int, list[tuple[int, np.ndarray]]] = {}
    for i, item in enumerate(features.items):
        rows = np.arange(features.starts[i], features.starts[i + 1])
        spread = rows[np.linspace(0, len(rows) - 1, jepa.config.clip_frames).round().astype(int)]
        view = rows[: jepa.config.x_encoder.n_looks] if item.is_photo else spread
        by_length.setdefault(len(view), []).append((i, view))
    for same in by_length.values():
        for k in range(0, len(same), CLIPS_A_RUN):
            part = same[k : k + CLIPS_A_RUN]
            yield [i for i, _ in part], clips_of(features, np.stack([view for _, view in part]), x_encoder)


def clips_of(features: Features, frames: np.ndarray, x_encoder: XEncoder) -> VisualTokens:
    """frames (B, T): rows of the features."""
    rows, index = np.unique(frames, return_inverse=True)
    return x_encoder.clip_tokens(features.frames(rows), torch.from_numpy(index.reshape(frames.shape)))


def one_of(clips: VisualTokens, k: int) -> VisualTokens:
    return VisualTokens(clips.tokens[k : k + 1], clips.places, clips.times)


@torch.no_grad()
def costs(jepa: VLJEPA, decoder: YDecoder, vlm: TokenVLM, test: Test) -> dict[str, dict[str, float]]:
    """Milliseconds an answer, by batch and part. Clips of full length, of which nothing is known yet: their frames go
    through the x-encoder each time."""
    config = jepa.config
    px = config.x_encoder.frame_px
    found: dict[str, dict[str, float]] = {}
    for n in BATCHES:
        frames = np.random.default_rng(0).integers(256, size=(n * config.clip_frames, px, px, 3), dtype=np.uint8)
        index = torch.arange(len(frames)).reshape(n, -1)

        def see(frames: np.ndarray = frames, index: Tensor = index) -> VisualTokens:
            return test.x_encoder.clip_tokens(test.x_encoder.encode_frames(frames), index)

        clips = see()
        predicted = jepa.predict(clips)
        found[f"batch {n}"] = {
            "prompt embedding": timed(partial(embed_anew, config.predictor), 1),
            "x-encoder": timed(see, n),
            "VL-JEPA predictor": timed(partial(jepa.predict, clips), n),
            "VL-JEPA y-decoder": timed(partial(decoder.caption, predicted), n),
            "VLM": timed(partial(vlm.caption, clips), n),
        }
    return found


def embed_anew(config: PredictorConfig) -> Tensor:
    """A prompt that was embedded before is kept: here it is forgotten first."""
    rows_of.cache_clear()
    return embed_prompts(config, [config.prompt], None)[0]


def timed(do: Callable[[], object], n: int) -> float:
    """Milliseconds for each of n, the median of some runs after one that warms up."""
    do()
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        do()
        took.append(1000 * (time.perf_counter() - started) / n)
    return round(float(np.median(took)), 1)


def write_docs(
    path: Path,
    points: Sequence[Point],
    costs_ms: dict[str, dict[str, float]],
    parameters: dict[str, int],
    test: Test,
    args: argparse.Namespace,
) -> None:
    """The table as Markdown and the plot beside it."""
    plot = path.with_suffix(".png")
    draw(points, plot)
    trained = ", ".join(f"{name} {n / 1e6:.1f} M" for name, n in parameters.items())
    n_items = sum(len(part.items) for part in test.held)
    lines = [
        "# VL-JEPA against a vision-language model\n",
        "Written by `python -m model_server.training.controlled`, never by hand; its docstring says what is equal.",
        f"Preset `{args.preset}`, batches of {args.batch}, {args.steps} steps at rate {args.lr:g}, seed {args.seed}.",
        f"Trained parameters: {trained}.\n",
        f"CIDEr x 100 on {n_items} held-out items; top-5 accuracy in percent among {len(test.names)} classes,",
        "one picture each; 95 % bootstrap intervals over items.\n",
        "| samples seen | VL-JEPA CIDEr | VLM CIDEr | VL-JEPA top-5 | VLM top-5 |",
        "| --- | --- | --- | --- | --- |",
    ]
    for samples in sorted({p.samples for p in points}):
        a, b = (next(p for p in points if p.samples == samples and p.model == name) for name in ("VL-JEPA", "VLM"))
        shown = [f"{p.cider} ({p.cider_95[0]} to {p.cider_95[1]})" for p in (a, b)]
        shown += [f"{p.top5} ({p.top5_95[0]} to {p.top5_95[1]})" for p in (a, b)]
        lines.append(f"| {samples:,} | " + " | ".join(shown) + " |")
    parts = list(next(iter(costs_ms.values())))
    lines += [
        f"\n![CIDEr and top-5 accuracy against samples seen]({plot.name})\n",
        "What an answer costs, in milliseconds on the machine of docs/performance.md: a clip that nothing is known of.",
        "VL-JEPA's embedding needs the first three; its caption the y-decoder too; the VLM always writes.\n",
        "| batch | " + " | ".join(parts) + " |",
        "| --- |" + " --- |" * len(parts),
        *(
            f"| {name.removeprefix('batch ')} | " + " | ".join(f"{ms:g}" for ms in own.values()) + " |"
            for name, own in costs_ms.items()
        ),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def draw(points: Sequence[Point], path: Path) -> None:
    """ValueError where matplotlib is missing: it comes with the test packages."""
    try:
        import matplotlib as mpl
    except ImportError as problem:
        raise ValueError("The plot needs matplotlib: pip install -r requirements/tests.txt") from problem
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, both = plt.subplots(1, 2, figsize=(9, 3.8))
    for name, colour in (("VL-JEPA", "tab:blue"), ("VLM", "tab:orange")):
        own = sorted((p for p in points if p.model == name), key=lambda p: p.samples)
        seen = [p.samples for p in own]
        for axes, values, spread in (
            (both[0], [p.cider for p in own], [p.cider_95 for p in own]),
            (both[1], [p.top5 for p in own], [p.top5_95 for p in own]),
        ):
            axes.plot(seen, values, "o-", color=colour, label=name, markersize=4)
            axes.fill_between(seen, *zip(*spread, strict=True), color=colour, alpha=0.15, linewidth=0)
    for axes, title in zip(both, ("CIDEr x 100", "top-5 accuracy, %"), strict=True):
        axes.set(xscale="log", xlabel="samples seen", title=title)
        axes.grid(alpha=0.3)
    both[0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
