"""Public layouts of WorldPrediction-WM and of the hard-negative sentences: docs/benchmarks.md says what lies where."""

from pathlib import Path

from model_server.evaluation.loaders.files import Found, NotAtHand, file, folder, read_csv, read_json, read_json_lines
from model_server.evaluation.text_triplets import Triplet, TripletSet
from model_server.evaluation.world_prediction import Transition, WorldPredictionSet
from model_server.training.data import DataProblem

SUGARCREPE_SPLITS = ("replace_att", "replace_obj", "replace_rel", "swap_att", "swap_obj")
VISLA_FILES = {"generic": "SugarCrepe.tsv", "spatial": "VSR_spatial.tsv"}


def world_prediction(root: Path) -> WorldPredictionSet:
    """`wm.jsonl`: start and end picture, four clips, and the place of the right one, all files of the folder."""
    where = folder(root, "worldprediction")
    found, transitions = Found(where), []
    for row in read_json_lines(file(where, "wm.jsonl")):
        names = [row["start"], row["end"], *row["candidates"]]
        media = [found.media(name) for name in names]
        if not 0 <= row["answer"] < len(row["candidates"]):
            raise DataProblem(f"{where / 'wm.jsonl'}: the answer {row['answer']} is none of the candidates.")
        there = [item for item in media if item is not None]
        if len(there) == len(names):
            transitions.append(Transition(there[0], there[1], tuple(there[2:]), row["answer"]))
    note = found.note()
    if not transitions:
        raise NotAtHand
    return WorldPredictionSet(transitions, note)


def sugarcrepe_pp(root: Path) -> TripletSet:
    """SugarCrepe++: five files, each a list of caption, caption2 and negative_caption."""
    where = folder(root, "sugarcrepe_pp", "text/sugarcrepe_pp")
    return TripletSet(
        [
            Triplet(row["caption"], row["caption2"], row["negative_caption"], split)
            for split in SUGARCREPE_SPLITS
            for row in read_json(file(where, f"{split}.json"))
        ]
    )


def visla(root: Path) -> TripletSet:
    """VISLA: two files of tabs; the second to fourth columns are the positives and the negative."""
    where = folder(root, "visla")
    triplets = []
    for split, name in VISLA_FILES.items():
        for number, row in enumerate(read_csv(file(where, name), "\t"), 2):
            sentences = [text.strip() for text in list(row.values())[1:4] if isinstance(text, str)]
            if len(sentences) != 3 or not all(sentences):
                raise DataProblem(f"{where / name}:{number} has no two positives and a negative.")
            triplets.append(Triplet(sentences[0], sentences[1], sentences[2], split))
    return TripletSet(triplets)
