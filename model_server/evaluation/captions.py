"""Who writes the captions that the tables score: the y-decoder, or the nearest caption of a training corpus.

The second needs no decoder, so every engine can be measured with it; rows name their writer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model_server.engine import Embeddings, EngineError
from model_server.evaluation.captioning import cider, nearest
from model_server.evaluation.rows import Row, Scale, Where, mean_row, missing_row
from model_server.evaluation.streams import Media, Watcher
from model_server.training.data import DataProblem

Writer = Callable[[Embeddings], list[str]]  # (n, D) -> n captions

NO_DECODER = "this engine has no y-decoder"
NO_CORPUS = "no training captions: give --text, or flickr8k below the data folder"
COSINE_DIGITS = 3


@dataclass(frozen=True)
class CaptionSet:
    """Clips or photos with what people wrote of them."""

    media: Sequence[Media]
    captions: Sequence[tuple[str, ...]]
    note: str = ""


@dataclass
class Writers:
    """The two writers over one engine; the corpus is encoded once."""

    watcher: Watcher
    corpus: list[str]

    @cached_property
    def has_decoder(self) -> bool:
        nothing = np.zeros((1, self.watcher.engine.space.dim), np.float32)
        nothing[0, 0] = 1.0
        try:
            self.watcher.engine.decode(nothing)
        except EngineError as problem:
            if problem.permanent:
                return False
            raise
        return True

    @cached_property
    def corpus_embeddings(self) -> Embeddings:
        if not self.corpus:
            raise DataProblem(NO_CORPUS)
        return self.watcher.engine.encode_texts(self.corpus)  # (M, D)

    def nearest(self, predicted: Embeddings) -> list[str]:
        """The caption of the corpus that lies nearest to each predicted embedding (n, D)."""
        return nearest(predicted, self.corpus, self.corpus_embeddings)

    @property
    def best(self) -> tuple[Writer, str]:
        """The y-decoder where there is one, else the nearest caption; and the words that say which."""
        if self.has_decoder:
            return self.watcher.engine.decode, "written by the y-decoder"
        return self.nearest, f"no y-decoder: nearest of {len(self.corpus)} training captions"


def caption_rows(writers: Writers, name: str, task: CaptionSet, scale: Scale) -> list[Row]:
    """CIDEr x 100 and agreement (cosine of caption and predicted embedding) of both writers.

    ValueError where pycocoevalcap is missing.
    """
    predicted = writers.watcher.predict(task.media)
    rows = []
    if writers.has_decoder:
        written = writers.watcher.engine.decode(predicted)
        rows += scored(
            writers, written, predicted, "y-decoder", Where("captioning", name, None, task.note, scale), task
        )
    else:
        rows.append(missing_row("captioning", name, NO_DECODER))
    if not writers.corpus:
        return [*rows, missing_row("captioning", name, NO_CORPUS)]
    where = Where("captioning", name, len(writers.corpus), task.note, scale)
    return rows + scored(writers, writers.nearest(predicted), predicted, "nearest caption", where, task)


def scored(
    writers: Writers, written: list[str], predicted: Embeddings, writer: str, where: Where, task: CaptionSet
) -> list[Row]:
    cosine = Scale(where.scale.seed, where.scale.draws, times=1, digits=COSINE_DIGITS)
    agreement = (writers.watcher.engine.encode_texts(written) * predicted).sum(axis=1)  # (n,)
    return [
        mean_row(where, f"CIDEr, {writer}", cider(written, list(task.captions))),
        mean_row(where, f"agreement, {writer}", agreement, cosine),
    ]
