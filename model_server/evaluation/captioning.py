"""Captions of clips or photos against those that people wrote: CIDEr and agreement (paper section 4.2).

python -m model_server.evaluation.captioning --preset small --data DIR [--split test] [--text FILE...]

Each item's predicted embedding (the mean over its windows, through the product's own decode) is read by the y-decoder.
`agreement` is the cosine of the written caption, encoded again, with the predicted embedding: what the product shows.
Beside it stands the rival that needs no decoder: of all captions in the text files, the one nearest to the predicted
embedding. The last line is one JSON object.
"""

import argparse
import json
import re
import sys
import time
from pathlib import Path

import numpy as np

from model_server.engine import Embeddings, Engine, EngineError
from model_server.evaluation.retrieval import predict_items
from model_server.evaluation.rows import interval
from model_server.frames.errors import MediaError
from model_server.loading import engine_of
from model_server.training.data import DataProblem, chosen, read_folder
from model_server.training.texts import read_texts, tidy
from model_server.vljepa.packages import WeightsProblem

NO_CIDER = "CIDEr needs one more package: pip install --no-deps -r requirements/evaluation.txt"


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        items = chosen(read_folder(args.data), args.split)
        engine = engine_of(args.preset, args.device, args.weights)
        predicted = predict_items(items, engine)["whole"]
        references = [item.captions for item in items]
        started = time.perf_counter()
        written = engine.decode(predicted)
        took_s = time.perf_counter() - started
        results = {"y-decoder": scores(written, references, predicted, engine)}
        results["y-decoder"]["ms_a_caption"] = round(1000 * took_s / len(written), 1)
        if args.text:
            texts = corpus(args.text)
            known = nearest(predicted, texts, engine.encode_texts(texts))
            results["nearest caption"] = scores(known, references, predicted, engine)
    except (DataProblem, MediaError, WeightsProblem, EngineError, ValueError, OSError) as problem:
        sys.exit(f"captioning: {problem}")
    for item, text in list(zip(items, written, strict=True))[: args.show]:
        print(f"{item.path.name}: {text}   (one of the references: {item.captions[0]})")
    print(json.dumps({"pool": len(items), "preset": engine.space.model, "weights": engine.space.version, **results}))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model_server.evaluation.captioning", description=__doc__)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--split", help="only the lines of this split")
    parser.add_argument("--text", type=Path, nargs="*", default=[], metavar="FILE", help="captions of the rival")
    parser.add_argument("--weights", type=Path, help="a folder of weights; the repository's where none is given")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--show", type=int, default=0, help="print the first so many captions")
    return parser.parse_args(arguments)


def scores(
    written: list[str], references: list[tuple[str, ...]], predicted: Embeddings, engine: Engine
) -> dict[str, object]:
    """CIDEr x 100 with its 95 % bootstrap interval over items, and the mean agreement."""
    each = cider(written, references)
    agreement = (engine.encode_texts(written) * predicted).sum(axis=1)
    return {
        "CIDEr": round(100 * float(each.mean()), 1),
        "interval": [round(edge, 1) for edge in interval(100 * each)],
        "agreement": round(float(agreement.mean()), 3),
        "distinct": len(set(written)),
    }


def cider(written: list[str], references: list[tuple[str, ...]]) -> np.ndarray:
    """(n,) CIDEr of each caption (Vedantam et al. 2015, pycocoevalcap), words by a plain tokenizer, not Java's."""
    try:
        from pycocoevalcap.cider.cider import Cider
    except ImportError as problem:
        raise ValueError(NO_CIDER) from problem
    truth = {i: [plain(text) for text in own] for i, own in enumerate(references)}
    _, each = Cider().compute_score(truth, {i: [plain(text)] for i, text in enumerate(written)})
    return np.asarray(each)


def plain(text: str) -> str:
    """Words in lower case, no punctuation: "A dog's toy." -> "a dog's toy"."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def corpus(files: list[Path]) -> list[str]:
    """Every caption of the files once, the shortest first. DataProblem where a file cannot be read."""
    return sorted({tidy(text) for text in read_texts(files, seed=0)}, key=lambda text: (len(text), text))


def nearest(predicted: Embeddings, texts: list[str], embeddings: Embeddings) -> list[str]:
    """The one of M texts, whose embeddings are (M, D), that lies nearest to each predicted embedding (n, D)."""
    return [texts[i] for i in (predicted @ embeddings.T).argmax(axis=1)]


if __name__ == "__main__":
    main()
