"""Text-to-video and video-to-text retrieval on any folder with a captions.jsonl (paper table 1).

python -m model_server.evaluation.retrieval --preset small --data DIR [--split test] [--json]

Videos go through the product's own decode, windows and stored weights; a video's embedding is the mean of its windows'
predicted embeddings, a photo is a clip of its picture. Beside the score stand two controls: the frames of each window
shuffled, and the video's middle frame alone. The last line is one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_server.engine import Clips, Embeddings, Engine, join
from model_server.evaluation.ranks import retrieval_scores
from model_server.frames.errors import MediaError
from model_server.frames.photos import read_photo
from model_server.frames.reader import read_clips
from model_server.loading import engine_of
from model_server.training.data import DataProblem, Item, chosen, read_folder
from model_server.vljepa.packages import WeightsProblem

WAYS = ("whole", "shuffled", "one_frame")
PHOTOS_A_RUN = 32
Scores = dict[str, dict[str, object]]


def main(arguments: list[str] | None = None) -> None:
    args = parse(arguments)
    try:
        items = chosen(read_folder(args.data), args.split)
        engine = engine_of(args.preset, args.device, args.weights)
        scores = evaluate(items, engine)
    except (DataProblem, MediaError, WeightsProblem, ValueError) as problem:
        sys.exit(f"retrieval: {problem}")
    if not args.json:
        print_table(scores, engine)
    whole = scores.pop("whole")
    print(json.dumps({**whole, "controls": scores, "preset": engine.space.model, "weights": engine.space.version}))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m model_server.evaluation.retrieval", description=__doc__)
    parser.add_argument("--preset", default="small")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--split", help="only the lines of this split")
    parser.add_argument("--weights", type=Path, help="a folder of weights; the repository's where none is given")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON line")
    return parser.parse_args(arguments)


def evaluate(items: list[Item], engine: Engine) -> dict[str, Scores]:
    """Scores for each of WAYS; photos have one picture, so for them the three are one."""
    captions = [item.captions for item in items]
    texts = [text for own in captions for text in own]
    targets = engine.encode_texts(texts)
    predicted = predict_items(items, engine)
    return {way: retrieval_scores(matrix, targets, captions) for way, matrix in predicted.items()}


def predict_items(items: list[Item], engine: Engine) -> dict[str, Embeddings]:
    """(n_items, D) for each of WAYS."""
    space = engine.space
    photos = [i for i, item in enumerate(items) if item.is_photo]
    found = {way: np.zeros((len(items), space.dim), np.float32) for way in WAYS}
    for start in range(0, len(photos), PHOTOS_A_RUN):
        some = photos[start : start + PHOTOS_A_RUN]
        predicted = engine.predict(join([read_photo(items[i].path, space) for i in some]))
        for matrix in found.values():
            matrix[some] = predicted
    for i, item in enumerate(items):
        if not item.is_photo:
            for way, embedding in zip(WAYS, predict_video(item.path, engine), strict=True):
                found[way][i] = embedding
    return found


def predict_video(path: Path, engine: Engine) -> tuple[Embeddings, Embeddings, Embeddings]:
    """One embedding (D,) each: windows whole, windows with their frames shuffled, and the middle frame alone."""
    draw = np.random.default_rng(0)
    whole, shuffled, middles = [], [], []
    for batch in read_clips(path, engine.space):
        clips = batch.clips
        mixed = draw.permuted(clips.index, axis=1)
        both = engine.predict(Clips(clips.frames, np.concatenate([clips.index, mixed])))  # frames are encoded once
        whole.append(both[: len(clips)])
        shuffled.append(both[len(clips) :])
        middle = clips.index[:, clips.index.shape[1] // 2 :][:, :1]
        middles.append(engine.predict(Clips(clips.frames, middle)))
    all_middles = np.concatenate(middles)
    return mean(whole), mean(shuffled), all_middles[len(all_middles) // 2]


def mean(parts: list[Embeddings]) -> Embeddings:
    total: npt.NDArray[np.float32] = np.concatenate(parts).mean(0)
    return total / np.linalg.norm(total)


def table_rows(scores: dict[str, Scores]) -> Iterator[str]:
    for way, both in scores.items():
        for direction, row in both.items():
            numbers = "  ".join(f"{row[f'R@{k}']:6.2f}" for k in (1, 5, 10))
            yield f"{direction:15} {way:10} {numbers}   {row['median_rank']:6.1f}   {row['pool']}"


def print_table(scores: dict[str, Scores], engine: Engine) -> None:
    print(f"{engine.space.model}, weights {engine.space.version}")
    print(f"{'direction':15} {'frames':10} {'R@1':>6}  {'R@5':>6}  {'R@10':>6}   median   pool")
    print("\n".join(table_rows(scores)))


if __name__ == "__main__":
    main()
