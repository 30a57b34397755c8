"""Fit a model's calibration: from data to `calibration.json` and `background.npz`. Reads top to bottom."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model_server.engine import Engine, Space
from search import spelling
from search.calibrate import ANSWER, FEATURES, SENSE, Logit, References, pack, unpack
from search.fitting import logistic
from search.fitting.data import Item, captioned, embed, lines, some
from search.fitting.examples import KINDS, Examples, Question, examples, libraries_of
from search.fitting.nonsense import nonsense

# Held out from training: asked about. Trained on: only ever in the background, or as the rest of a library.
ASKED = (("flickr8k", "val", 500), ("intel_sample", None, 100))
FILLERS = (("flickr8k", "train", 1000),)
BACKGROUND = (("flickr8k", "train", 400), ("generated_pages", None, 60))
CAPTIONS = "text/coco_captions_val2017.jsonl"
# Where words are known from; the asked captions are in none of them.
CORPORA = (
    "text/activitynet_captions_train.jsonl",
    "text/flickr30k_multi30k_train.jsonl",
    "text/youcook2_trainval.jsonl",
    "imagenet1k_sample/captions.jsonl",
)
N_CAPTIONS, N_ABSENT, N_NONSENSE = 1000, 1000, 400
SEED = 20251210

# The share of each kind among the examples that the probability supposes.
SHARES = {"present": 0.5, "absent": 0.35, "nonsense": 0.15}
NEVER_NEGATIVE = (*SENSE, "similarity", "height", "crest", "margin")
PRESENT_KEPT = 0.95  # of the queries that something answers, at the default cut-off: the rest is offered as nearest
N_FOLDS = 5

Say = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """Shares kept at the cut-off, measured on libraries that were left out of the fit."""

    cutoff: float
    present_kept: float
    absent_kept: float
    nonsense_kept: float
    log_loss: float
    examples: dict[str, int]


def fit_calibration(root: Path, engine: Engine, vocabulary: Iterable[str], target: Path, say: Say) -> Report:
    """Read the data, make examples, fit, choose the cut-off, and write both files.

    `vocabulary` is what the y-encoder's tokenizer knows whole.
    """
    say("Embedding captions and background")
    references = make_references(root, engine, vocabulary)
    say("Embedding the clips that are asked about")
    asked = gather(root, ASKED, engine, SEED)
    fillers = gather(root, FILLERS, engine, SEED + 1)
    questions = make_questions(root, asked, engine)
    say("Asking made-up libraries")
    libraries = libraries_of(asked, fillers, SEED)
    found = examples([*asked, *fillers], libraries, questions, references, SEED)
    say(f"Fitting on {len(found.kinds)} examples")
    fitted = fit(found)
    report = measure(found)
    write(target, engine.space, references, fitted, report)
    return report


def gather(root: Path, sources: tuple[tuple[str, str | None, int], ...], engine: Engine, seed: int) -> list[Item]:
    items: list[Item] = []
    for folder, split, n in sources:
        items += embed(root / folder, some(captioned(root / folder, split), n, seed), engine)
    return items


def make_references(root: Path, engine: Engine, vocabulary: Iterable[str]) -> References:
    """The references as they will be read back: packed to bytes and unpacked."""
    captions = [tidy(row["captions"][0]) for row in lines(root / CAPTIONS)]
    chosen = [captions[i] for i in np.random.default_rng(SEED).permutation(len(captions))[:N_CAPTIONS]]
    background = np.concatenate([item.embeddings for item in gather(root, BACKGROUND, engine, SEED + 2)])
    everything = [tidy(text) for row in lines(root / CAPTIONS) for text in row["captions"]]
    return References(
        background=unpack(pack(background)),
        captions=unpack(pack(engine.encode_texts(chosen))),
        caption_texts=chosen,
        letters=spelling.count(everything).astype(np.float16).astype(np.float32),
        words=spelling.remember(known_words(root, [*chosen, *vocabulary])),
    )


def known_words(root: Path, texts: Iterable[str]) -> set[str]:
    """Words of the texts and of the corpora, whatever their lines call them."""
    found = {word for text in texts for word in spelling.words(text)}
    for name in CORPORA:
        for row in lines(root / name):
            found.update(word for text in texts_of(row) for word in spelling.words(text))
    return found


def texts_of(row: dict[str, Any]) -> list[str]:
    """The sentences of a line of any of the corpora."""
    listed = [a["sentence"] for a in row.get("annotations", [])]
    return [*row.get("captions", []), *row.get("sentences", []), *listed]


def make_questions(root: Path, asked: list[Item], engine: Engine) -> dict[str, list[Question]]:
    """Every caption of what is asked about; captions of pictures that are nowhere; nonsense."""
    reference = {tidy(row["captions"][0]) for row in lines(root / CAPTIONS)}
    elsewhere = [tidy(row["captions"][-1]) for row in lines(root / CAPTIONS)]
    absent = [text for text in elsewhere if text not in reference][:N_ABSENT]
    own = [(tidy(caption), i) for i, item in enumerate(asked) for caption in item.captions]
    return {
        "present": _questions([text for text, _ in own], [i for _, i in own], engine),
        "absent": _questions(absent, [None] * len(absent), engine),
        "nonsense": _questions(nonsense(N_NONSENSE, SEED), [None] * N_NONSENSE, engine),
    }


def tidy(caption: str) -> str:
    return " ".join(caption.split())


def _questions(texts: list[str], items: list[int] | list[None], engine: Engine) -> list[Question]:
    embeddings = engine.encode_texts(texts)
    return [Question(*row) for row in zip(texts, embeddings, items, strict=True)]


@dataclass(frozen=True)
class Fitted:
    sense: Logit
    answer: Logit

    def scores(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return self.sense.probability(features) * self.answer.probability(features)


def fit(found: Examples) -> Fitted:
    """Sense: present and absent against nonsense. Answer: present against absent."""
    return Fitted(
        sense=fit_part(found, SENSE, ("present", "absent"), ("nonsense",)),
        answer=fit_part(found, ANSWER, ("present",), ("absent",)),
    )


def fit_part(found: Examples, names: tuple[str, ...], yes: tuple[str, ...], no: tuple[str, ...]) -> Logit:
    labels, importance = np.zeros(len(found.kinds)), np.zeros(len(found.kinds))
    for kind in (*yes, *no):
        labels[found.of(kind)] = kind in yes
        importance[found.of(kind)] = SHARES[kind] / max(found.of(kind).sum(), 1)
    used = importance > 0
    columns = [FEATURES.index(name) for name in names]
    rising = np.array([name in NEVER_NEGATIVE for name in names])
    line = logistic.fit(found.features[used][:, columns], labels[used], importance[used], rising)
    return Logit(names, tuple(round(float(w), 6) for w in line.weights), round(line.bias, 6))


def measure(found: Examples) -> Report:
    """Scores of every example by a fit that has not seen its library; the cut-off comes from those."""
    scores = left_out_scores(found)
    cutoff = float(np.quantile(scores[found.of("present")], 1 - PRESENT_KEPT))
    kept = {kind: float((scores[found.of(kind)] >= cutoff).mean()) for kind in KINDS}
    right = np.where(found.of("present"), scores, 1 - scores)
    loss = sum(share * float(-np.log(right[found.of(kind)]).mean()) for kind, share in SHARES.items())
    n = {kind: int(found.of(kind).sum()) for kind in KINDS}
    return Report(cutoff, kept["present"], kept["absent"], kept["nonsense"], loss, n)


def left_out_scores(found: Examples) -> npt.NDArray[np.float64]:
    scores = np.zeros(len(found.kinds))
    for fold in range(N_FOLDS):
        out = found.libraries % N_FOLDS == fold
        fitted = fit(Examples(found.features[~out], found.kinds[~out], found.right[~out], found.libraries[~out]))
        scores[out] = fitted.scores(found.features[out])
    return scores


def write(target: Path, space: Space, references: References, fitted: Fitted, report: Report) -> None:
    """The json last: it names the version, so files that do not belong together are never believed."""
    target.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        target / "background.npz",
        background=pack(references.background),
        captions=pack(references.captions),
        caption_texts=np.frombuffer("\n".join(references.caption_texts).encode(), dtype=np.uint8),
        letters=references.letters.astype(np.float16),
        words=references.words,
    )
    content: dict[str, Any] = {
        "model": space.model,
        "version": space.version,
        "sense": {"weights": dict(zip(SENSE, fitted.sense.weights, strict=True)), "bias": fitted.sense.bias},
        "answer": {"weights": dict(zip(ANSWER, fitted.answer.weights, strict=True)), "bias": fitted.answer.bias},
        "cutoff": round(report.cutoff, 4),
        "measured": asdict(report),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    (target / "calibration.json").write_text(json.dumps(content, indent=2) + "\n")
