"""Open-vocabulary classification (paper table 1): class names by the y-encoder, the nearest to the clip wins.

No head is trained and no template is put around a name: what the data set calls a class is what is encoded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model_server.evaluation.ranks import ranks
from model_server.evaluation.rows import Row, Scale, Where, mean_row
from model_server.evaluation.streams import Media, Watcher

AT = (1, 5)


@dataclass(frozen=True)
class ClassificationSet:
    """Clips or photos, each with the name of its class. Every name in `names` is a candidate for every clip."""

    media: Sequence[Media]
    labels: Sequence[str]  # one a clip, each among `names`
    names: Sequence[str]  # distinct
    note: str = ""


def classification_rows(watcher: Watcher, name: str, task: ClassificationSet, scale: Scale) -> list[Row]:
    """Top-1 and top-5 accuracy in percent. A tie counts against us."""
    place = {label: i for i, label in enumerate(task.names)}
    if len(place) != len(task.names):
        raise ValueError(f"{name}: a class name stands twice in the list.")
    targets = watcher.engine.encode_texts(task.names)  # (C, D)
    right = np.zeros((len(task.media), len(place)), np.bool_)
    right[np.arange(len(task.media)), [place[label] for label in task.labels]] = True
    found = ranks(watcher.predict(task.media) @ targets.T, right)  # (n,)
    where = Where("classification", name, len(place), task.note, scale)
    return [mean_row(where, f"top-{k}", found <= k) for k in AT if k < len(place)]
