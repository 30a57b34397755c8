"""Every benchmark of the tables by name: which task it is, and what reads it. docs/benchmarks.md describes each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from model_server.evaluation.loaders import captioned, classification, others, retrieval, vqa
from model_server.evaluation.loaders.files import NotAtHand
from model_server.training.data import DataProblem

TASKS = (
    "retrieval",
    "classification",
    "vqa",
    "world prediction",
    "text triplets",
    "captioning",
    "selective decoding",
)


@dataclass(frozen=True)
class Benchmark:
    task: str  # one of TASKS
    name: str
    read: Callable[[Path], Any]  # the data folder -> the task's set

    def load(self, root: Path) -> Any:
        """NotAtHand where the data are away; DataProblem where they are not as docs/benchmarks.md describes them."""
        try:
            return self.read(root)
        except (NotAtHand, DataProblem):
            raise
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OSError) as problem:
            said = f"{type(problem).__name__}: {problem}"
            raise DataProblem(f"{self.name} is not laid out as docs/benchmarks.md says ({said}).") from problem


CLIPS = ("panda70m_dev", "misc_real")

BENCHMARKS = (
    Benchmark("retrieval", "msrvtt", retrieval.msrvtt),
    Benchmark("retrieval", "activitynet", retrieval.activitynet),
    Benchmark("retrieval", "didemo", retrieval.didemo),
    Benchmark("retrieval", "msvd", retrieval.msvd),
    Benchmark("retrieval", "youcook2", retrieval.youcook2),
    Benchmark("retrieval", "pvd_bench", retrieval.pvd_bench),
    Benchmark("retrieval", "dream1k", retrieval.dream1k),
    Benchmark("retrieval", "vdc", retrieval.vdc),
    Benchmark("retrieval", "panda70m_dev", partial(captioned.captions, name="panda70m_dev")),
    Benchmark("retrieval", "misc_real", partial(captioned.captions, name="misc_real")),
    Benchmark("retrieval", "flickr8k", partial(captioned.captions, name="flickr8k", split="test")),
    Benchmark("classification", "ssv2", classification.ssv2),
    Benchmark("classification", "epic_kitchens", classification.epic_kitchens),
    Benchmark("classification", "egoexo4d", classification.egoexo4d),
    Benchmark("classification", "kinetics400", classification.kinetics400),
    Benchmark("classification", "coin_step", classification.coin_step),
    Benchmark("classification", "coin_task", classification.coin_task),
    Benchmark("classification", "crosstask_step", classification.crosstask_step),
    Benchmark("classification", "crosstask_task", classification.crosstask_task),
    Benchmark("classification", "imagenet1k_sample", captioned.imagenet_sample),
    Benchmark("vqa", "gqa", vqa.gqa),
    Benchmark("vqa", "tallyqa", vqa.tallyqa),
    Benchmark("vqa", "pope", vqa.pope),
    Benchmark("vqa", "popev2", vqa.popev2),
    Benchmark("vqa", "clevr", vqa.clevr),
    Benchmark("vqa", "existence", captioned.existence),
    Benchmark("vqa", "attribute", captioned.attribute),
    Benchmark("world prediction", "worldprediction", others.world_prediction),
    Benchmark("world prediction", "clips", lambda root: captioned.transitions(root, *CLIPS)),
    Benchmark("world prediction", "clip_parts", lambda root: captioned.parts(root, *CLIPS)),
    Benchmark("text triplets", "sugarcrepe_pp", others.sugarcrepe_pp),
    Benchmark("text triplets", "visla", others.visla),
    Benchmark("captioning", "captions_panda70m_dev", partial(captioned.captions, name="panda70m_dev")),
    Benchmark("captioning", "captions_misc_real", partial(captioned.captions, name="misc_real")),
    Benchmark("captioning", "captions_flickr8k", partial(captioned.captions, name="flickr8k", split="test")),
    Benchmark("selective decoding", "joined_clips", lambda root: captioned.streams(root, *CLIPS)),
)


def wanted(names: list[str] | None) -> list[Benchmark]:
    """Those of these names, or of the tasks so named; all where none is given. ValueError for an unknown name."""
    if not names:
        return list(BENCHMARKS)
    known = {name for b in BENCHMARKS for name in (b.name, slug(b.task))}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"There is no benchmark or task {', '.join(unknown)}: choose of {', '.join(sorted(known))}.")
    return [b for b in BENCHMARKS if {b.name, slug(b.task)} & set(names)]


def slug(task: str) -> str:
    """A task's name on the command line.

    >>> slug("text triplets")
    'text_triplets'
    """
    return task.replace(" ", "_")
